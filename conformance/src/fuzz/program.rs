//! Targets around programs: the ELF loader, the stepper's commands.

use control::step::Command;
use memory::user::Space;
use user::elf::{Plan, Symbols};
use user::{Options, Process};

/// Programs that ask for more memory than this are planned but not mapped.
const MAPPED: u64 = 16 << 20;

/// The bytes are a program in ELF.
///
/// # Panics
/// When an accepted plan breaks a promise of [`Plan`], or a state does not start at its entry.
pub fn elf(data: &[u8]) {
    let _ = Symbols::read(data, 0x1_0000);
    let Ok(plan) = Plan::read(data, |abi| abi.top) else { return };
    let mut before = 0;
    for s in &plan.segments {
        assert!(s.start >= before && s.memory > 0 && s.file <= s.memory, "{s:?}");
        assert!(s.offset.checked_add(s.file).is_some_and(|end| end <= data.len() as u64), "{s:?}");
        before = s.end();
    }
    assert!(before <= Space::SV39_TOP, "the plan leaves the address space");
    let wanted: u64 = plan.segments.iter().map(|s| s.memory).sum();
    if wanted > MAPPED {
        return;
    }
    let options = Options { seed: Some(1), ..Options::default() };
    if let Ok((_, state, space)) = Process::load_image(data, "fuzzed", &["fuzzed".into()], &[], options) {
        assert_eq!(state.pc, plan.entry);
        for s in &plan.segments {
            let home = space.region_at(s.start);
            assert!(home.is_some_and(|r| r.prot == s.prot), "{s:?} is not mapped as planned");
        }
    }
}

/// Each line is a command of the stepper.
///
/// # Panics
/// When an error says nothing.
pub fn commands(data: &[u8]) {
    for line in String::from_utf8_lossy(data).lines() {
        match Command::parse(line) {
            Ok(Some(_)) => assert!(!line.trim().is_empty()),
            // A word ends at a space or a slash, so that a line may begin with the end of an empty one.
            Ok(None) => assert!(line.trim().is_empty() || line.trim().starts_with('/'), "{line:?}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
