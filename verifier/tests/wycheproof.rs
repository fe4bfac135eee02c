//! Every Ed25519 vector of Project Wycheproof, through the key and the strict verification that records are judged with.
//! Not here: small-order and torsion points, which the vectors have none of (`proofs_malformed`, `ed25519`).

use answerable_verifier::ed25519::PublicKey;
use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

/// There is no exception: strictness differs from the file's expectation on no vector.
#[test]
fn every_ed25519_vector_is_judged_as_wycheproof_says() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut valid, mut invalid, mut wrong) = (0, 0, Vec::new());
    for group in &set.test_groups {
        // Every key of the vectors is an honest one: it could be enrolled.
        let key = PublicKey::enrollable(&group.key.pk).unwrap_or_else(|e| panic!("{:?}: {e}", group.key.pk));
        for test in &group.tests {
            let accepted = key.verify_strict_slice(&test.msg, &test.sig).is_ok();
            let expected = match test.result {
                TestResult::Valid => true,
                TestResult::Invalid => false,
                TestResult::Acceptable => panic!("vector {}: look at what may be accepted", test.tc_id),
            };
            *if expected { &mut valid } else { &mut invalid } += 1;
            if accepted != expected {
                wrong.push(format!("vector {}: {} ({:?})", test.tc_id, test.comment, test.result));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!((valid, invalid), (88, 63), "the vectors are all there");
    assert_eq!(valid + invalid, set.number_of_tests);
}
