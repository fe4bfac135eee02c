//! libFuzzer around the target that ANSWERABLE_FUZZ_TARGET names. `fuzz/run` builds and calls it.
//! Not here: the targets themselves (the library).
#![no_main]

use std::sync::OnceLock;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();
    let run = TARGET.get_or_init(|| {
        let name = std::env::var("ANSWERABLE_FUZZ_TARGET").expect("ANSWERABLE_FUZZ_TARGET names a target");
        answerable_fuzz::target(&name).unwrap_or_else(|| panic!("no target {name}"))
    });
    run(data);
});
