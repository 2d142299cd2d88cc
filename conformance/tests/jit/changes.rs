//! Programs that change their code: what was translated of the old is forgotten, and nothing else.

use super::common::{Machine, options};
use interp::Stop;
use interp::riscv::Rv64;
use jit::emit::host::Features;
use memory::user::{Backing, MapKind, Placement, Prot};
use rstest::rstest;
use spec::riscv::{State, Trap};
use std::os::fd::{AsFd, OwnedFd};

const CODE: u64 = 0x1_0000;

/// It ended at `ebreak`.
fn is_break(stop: Stop<Trap>) -> bool {
    matches!(stop, Stop::Trap(Trap::Breakpoint { .. }))
}

fn machine() -> Machine<Rv64> {
    Machine::new(options(Features::detect()))
}

fn at(pc: u64) -> State {
    State { pc, ..State::new() }
}

/// Runs from `pc` to a breakpoint; a0 there.
fn call(machine: &mut Machine<Rv64>, pc: u64) -> u64 {
    let (stop, state) = machine.run(at(pc), 100_000);
    assert!(is_break(stop), "{stop:?}");
    state.x[10]
}

#[test]
fn a_program_runs_what_it_wrote_after_fence_i() {
    let mut machine = machine();
    // Calls the function at CODE + 0x40, overwrites its first instruction by the word in a2, calls it again.
    machine.program(
        CODE,
        "auipc s0, 0\naddi s0, s0, 0x40\njalr ra, (s0)\nmv s1, a0\nsw a2, (s0)\nfence.i\njalr ra, (s0)\nslli s1, s1, 8\nor a0, a0, s1\nebreak\n",
    );
    machine.write(CODE + 0x40, "addi a0, zero, 17\nret\n");
    let new = Machine::<Rv64>::bytes(CODE + 0x40, "addi a0, zero, 34\n");
    let mut state = at(CODE);
    state.x[12] = u64::from(u32::from_le_bytes(new.try_into().unwrap()));
    for _ in 0..3 {
        machine.write(CODE + 0x40, "addi a0, zero, 17\n");
        machine.space.code_written();
        let (stop, end) = machine.run(state.clone(), 1000);
        assert_eq!((is_break(stop), end.x[10]), (true, 17 << 8 | 34));
    }
}

/// The budget ends just behind `fence.i`, which the step driver then executes.
#[test]
fn fence_i_counts_wherever_the_budget_ends() {
    for budget in 1..12 {
        let mut machine = machine();
        machine.program(CODE, "mv a1, a1\nsw a2, 0x40(s0)\nfence.i\nj 0x10040\n");
        machine.write(CODE + 0x40, "addi a0, zero, 17\nebreak\n");
        assert_eq!(call(&mut machine, CODE + 0x40), 17);
        let new = Machine::<Rv64>::bytes(CODE, "addi a0, zero, 34\n");
        let mut state = at(CODE);
        (state.x[8], state.x[12]) = (CODE, u64::from(u32::from_le_bytes(new.try_into().unwrap())));
        let mut stop = Stop::Budget;
        while stop == Stop::Budget {
            (stop, state) = machine.run(state, budget);
        }
        assert_eq!((is_break(stop), state.x[10]), (true, 34), "budget {budget}");
    }
}

#[test]
fn only_the_code_that_changed_is_forgotten() {
    let mut machine = machine();
    machine.program(CODE, "addi a0, zero, 1\nebreak\n");
    machine.write(CODE + 0x1000, "addi a0, zero, 2\nebreak\n");
    machine.write(CODE + 0x2000, "j 0x10000\n");
    assert_eq!([0, 0x1000, 0x2000].map(|page| call(&mut machine, CODE + page)), [1, 2, 1]);
    let before = machine.runner.cache().counts();
    machine.write(CODE, "addi a0, zero, 3\n");
    machine.space.code_written();
    assert_eq!([0, 0x1000, 0x2000].map(|page| call(&mut machine, CODE + page)), [3, 2, 3]);
    let after = machine.runner.cache().counts();
    // The function itself, and the jump to it, whose unit goes on there.
    assert_eq!((after.dropped - before.dropped, after.evictions), (2, 0), "{after:?}");
}

/// Counts up at 0x11ff0 and reads the count; then a jump to what is the same without any atomic access.
const COUNTER: &str = "
    lui a1, 0x12
    addi a1, a1, -16
    addi a2, zero, 1
    fence rw, rw
    amoadd.d zero, a2, (a1)
    lr.d a0, (a1)
    ebreak
";

fn share(machine: &Machine<Rv64>) {
    machine.space.make_shared();
}

fn map(machine: &Machine<Rv64>, prot: Prot) {
    let kind = MapKind { shared: true, ..MapKind::ANONYMOUS };
    machine.space.map(Placement::Fixed(0x8_0000), 4096, prot, kind).unwrap();
}

fn map_open(machine: &Machine<Rv64>) {
    map(machine, Prot::RW);
}

/// Only what may be written is seen by others.
fn map_and_open(machine: &Machine<Rv64>) {
    map(machine, Prot::READ);
    assert!(machine.space.is_private());
    machine.space.protect(0x8_0000, 4096, Prot::RW).unwrap();
}

fn another_runner(machine: &Machine<Rv64>) {
    let _second = jit::code::Runner::<Rv64>::new(&machine.space, options(Features::detect())).unwrap();
}

#[rstest]
#[case::a_thread(share)]
#[case::a_shared_mapping(map_open)]
#[case::a_shared_mapping_that_is_opened(map_and_open)]
#[case::a_thread_of_which_nobody_said_anything(another_runner)]
fn code_for_memory_of_one_thread_is_forgotten_when_others_come(#[case] come: fn(&Machine<Rv64>)) {
    let mut machine = machine();
    machine.program(CODE, COUNTER);
    machine.write(CODE + 0x1000, "addi a0, zero, 7\nebreak\n");
    assert_eq!([0, 0x1000, 0].map(|page| call(&mut machine, CODE + page)), [1, 7, 2]);
    let before = machine.runner.cache().counts();
    assert!(machine.space.is_private() && before.dropped == 0);
    come(&machine);
    assert!(!machine.space.is_private());
    assert_eq!([0, 0x1000, 0].map(|page| call(&mut machine, CODE + page)), [3, 7, 4]);
    let after = machine.runner.cache().counts();
    assert_eq!((after.dropped, after.units - before.units), (1, 1), "the unit with the counter only");
    // A second time there is nothing to forget.
    machine.space.make_shared();
    assert_eq!(call(&mut machine, CODE), 5);
    assert_eq!(machine.runner.cache().counts().dropped, 1);
}

/// A unit is linked to another by a jump; when that one changes the jump must not go there any more.
#[test]
fn a_linked_jump_is_unlinked_when_its_target_changes() {
    let mut machine = machine();
    // Two units: a loop of its own first, so that the jump out of it is a link.
    machine.program(CODE, "addi a1, zero, 5\naddi a1, a1, -1\nbnez a1, 0x10004\nbeqz a1, 0x11000\nebreak\n");
    machine.write(CODE + 0x1000, "addi a0, zero, 2\nebreak\n");
    assert_eq!([(); 3].map(|()| call(&mut machine, CODE)), [2, 2, 2]);
    let links = machine.runner.cache().counts().links;
    assert!(links > 0);
    for number in [3, 4, 5] {
        machine.write(CODE + 0x1000, &format!("addi a0, zero, {number}\n"));
        machine.space.code_written();
        assert_eq!([(); 3].map(|()| call(&mut machine, CODE)), [number; 3]);
    }
    assert!(machine.runner.cache().counts().links > links, "it was linked anew");
}

#[test]
fn code_across_two_pages_is_forgotten_with_either() {
    let mut machine = machine();
    let start = CODE + 0x1000 - 6;
    machine.program(CODE, "nop\n");
    machine.write(start, "addi a0, zero, 1\naddi a0, a0, 1\nebreak\n");
    assert_eq!(call(&mut machine, start), 2);
    machine.write(start + 4, "addi a0, a0, 5\n");
    machine.space.code_written();
    assert_eq!(call(&mut machine, start), 6);
    machine.space.protect(CODE + 0x1000, 0x1000, Prot::RW).unwrap();
    let (stop, state) = machine.run(at(start), 100);
    assert_eq!((stop, state.pc), (Stop::Trap(Trap::InstructionFault { at: CODE + 0x1000 }), start + 4));
}

fn file() -> OwnedFd {
    let file = tempfile();
    std::fs::File::from(file.try_clone().unwrap()).set_len(0x1000).unwrap();
    file
}

/// A file without a name.
fn tempfile() -> OwnedFd {
    let path = std::env::temp_dir().join(format!(
        "strata-alias-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let file =
        std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    file.into()
}

#[test]
fn code_written_through_another_mapping_is_seen_after_a_flush() {
    let mut machine = machine();
    let file = file();
    let backing = Backing::File { fd: file.as_fd(), offset: 0 };
    let shared = MapKind { backing, shared: true, noreserve: false };
    let write = CODE + 0x10_0000;
    machine.space.map(Placement::Fixed(CODE), 0x1000, Prot::RX, shared).unwrap();
    machine.space.map(Placement::Fixed(write), 0x1000, Prot::RW, shared).unwrap();
    for number in 1..20 {
        machine.write(write, &format!("addi a0, zero, {number}\nebreak\n"));
        machine.space.code_written();
        assert_eq!(call(&mut machine, CODE), number);
    }
}

#[rstest]
#[case::unmapped(|m: &Machine<Rv64>| m.space.unmap(CODE, 0x1000).unwrap())]
#[case::made_data(|m: &Machine<Rv64>| m.space.protect(CODE, 0x1000, Prot::RW).unwrap())]
#[case::mapped_over(|m: &Machine<Rv64>| {
    m.space.map(Placement::Fixed(CODE), 0x1000, Prot::RW, MapKind::ANONYMOUS).unwrap();
})]
fn code_that_is_gone_cannot_be_run(#[case] change: fn(&Machine<Rv64>)) {
    let mut machine = machine();
    machine.program(CODE, "addi a0, zero, 1\nebreak\n");
    assert_eq!(call(&mut machine, CODE), 1);
    change(&machine);
    let (stop, state) = machine.run(at(CODE), 100);
    assert_eq!((stop, state.pc), (Stop::Trap(Trap::InstructionFault { at: CODE }), CODE));
}

#[test]
fn code_whose_protection_comes_and_goes_stays() {
    let mut machine = machine();
    machine.program(CODE, "addi a0, zero, 1\nebreak\n");
    assert_eq!(call(&mut machine, CODE), 1);
    for _ in 0..5 {
        machine.space.protect(CODE, 0x1000, Prot::RX).unwrap();
        machine.space.protect(CODE, 0x1000, Prot::RW | Prot::EXEC).unwrap();
        assert_eq!(call(&mut machine, CODE), 1);
    }
    let counts = machine.runner.cache().counts();
    assert_eq!((counts.dropped, counts.evictions), (0, 0));
}

/// More changes at once than are remembered.
#[test]
fn changes_too_long_ago_are_found_by_looking_at_everything() {
    let mut machine = machine();
    machine.program(CODE, "addi a0, zero, 1\nebreak\n");
    assert_eq!(call(&mut machine, CODE), 1);
    machine.space.protect(CODE, 0x1000, Prot::RW).unwrap();
    machine.write(CODE, "addi a0, zero, 2\n");
    machine.space.protect(CODE, 0x1000, Prot::RX).unwrap();
    for _ in 0..200 {
        machine.space.code_written();
    }
    assert_eq!(call(&mut machine, CODE), 2);
}

/// Fills the cache many times over, with a loop that is linked across.
#[test]
fn a_program_larger_than_the_cache_runs() {
    let mut machine = machine();
    let all = Prot::RW | Prot::EXEC;
    let size = 0x40_0000;
    machine.space.map(Placement::Fixed(CODE), size, all, MapKind::ANONYMOUS).unwrap();
    let lines = "addi a0, a0, 1\nld a1, (sp)\nadd a1, a1, a0\nsd a1, (sp)\nmul a1, a1, a1\nxor a2, a2, a1\nadd a3, a2, a1\n";
    let part = Machine::<Rv64>::bytes(0, lines);
    let mut code = vec![];
    while code.len() < 0x10_0000 {
        code.extend_from_slice(&part);
    }
    code.extend(Machine::<Rv64>::bytes(0, "ebreak\n"));
    machine.space.copy_out(CODE, &code).unwrap();
    let mut state = at(CODE);
    state.x[2] = CODE + size - 64;
    let (stepped, expected) = machine.step(state.clone(), 10_000_000);
    machine.space.copy_out(state.x[2], &[0; 8]).unwrap();
    for _ in 0..2 {
        machine.space.copy_out(state.x[2], &[0; 8]).unwrap();
        let (stop, end) = machine.run(state.clone(), 10_000_000);
        assert_eq!((stop, &end), (stepped, &expected));
    }
    let counts = machine.runner.cache().counts();
    assert!(counts.evictions >= 2, "{counts:?}");
}
