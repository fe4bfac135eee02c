use super::*;
pub fn vectors() -> Vec<Vector> {
    Vec::new()
}
