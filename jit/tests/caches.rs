//! How many caches a process can have.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use interp::riscv::Rv64;
use jit::code::{Cache, CodeError, Options};

const SMALL: fn() -> Options = || Options { cache: 1 << 20, ..Options::default() };

#[test]
fn a_cache_whose_faults_nobody_would_catch_is_refused() {
    let made: Vec<_> = (0..300).map(|_| Cache::new::<Rv64>(SMALL())).collect();
    let refused = made.iter().position(Result::is_err).unwrap();
    assert!(made[refused..].iter().all(|cache| matches!(cache, Err(CodeError::Ranges))));
    drop(made);
    assert!(Cache::new::<Rv64>(SMALL()).is_ok());
}
