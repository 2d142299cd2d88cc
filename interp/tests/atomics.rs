//! Atomic rows while somebody else writes to the same memory.

use interp::riscv::Rv64;
use interp::{Access, Fault, Hart, Memory, Order, Scalar, step};
use rstest::rstest;
use spec::riscv::State;

const CODE: u64 = 0x1000;
const DATA: u64 = 0x2000;

/// One instruction and one value, which another writer raises by 0x100 just before each of the first few
/// compare-exchanges.
struct Contended {
    word: u32,
    value: u64,
    writes: u32,
}

impl Memory for Contended {
    type Fault = Fault;

    fn load<T: Scalar>(&mut self, at: u64, _: Order) -> Result<T, Fault> {
        assert_eq!(at, DATA);
        Ok(T::from_low(self.value))
    }
    fn store<T: Scalar>(&mut self, at: u64, _: T, _: Order) -> Result<(), Fault> {
        Err(Fault { at, access: Access::Store, bus: false })
    }
    fn compare_exchange<T: Scalar>(&mut self, at: u64, old: T, new: T, _: Order) -> Result<T, Fault> {
        assert_eq!(at, DATA);
        if self.writes > 0 {
            self.writes -= 1;
            self.value += 0x100;
        }
        let found = T::from_low(self.value);
        if found == old {
            self.value = new.into();
        }
        Ok(found)
    }
    fn fetch<T: Scalar>(&mut self, at: u64, _: Order) -> Result<T, Fault> {
        assert_eq!(at, CODE);
        Ok(T::from_low(u64::from(self.word)))
    }
    fn code_epoch(&self) -> u64 {
        0
    }
}

fn run(word: u32, writes: u32) -> Hart<Rv64, Contended> {
    let mut state = State { pc: CODE, ..State::new() };
    (state.x[10], state.x[11]) = (DATA, 5);
    (state.reservation, state.reserved_value) = (DATA, 7);
    let mut hart = Hart::new(state, Contended { word, value: 7, writes });
    assert!(step::step(&mut hart).is_ok());
    hart
}

#[rstest]
#[case::amoadd_d(0x00b5_362f, 0, 7, 12)]
#[case::amoadd_d_after_one_write(0x00b5_362f, 1, 0x107, 0x10c)]
#[case::amoadd_d_after_three_writes(0x00b5_362f, 3, 0x307, 0x30c)]
#[case::amoswap_w_after_two_writes(0x08b5_262f, 2, 0x207, 5)]
fn an_amo_works_on_what_is_there_when_it_writes(
    #[case] word: u32,
    #[case] writes: u32,
    #[case] old: u64,
    #[case] new: u64,
) {
    let hart = run(word, writes);
    assert_eq!((hart.state.x[12], hart.mem.value), (old, new));
}

#[rstest]
#[case::undisturbed(0, 0, 5)]
#[case::after_a_write(1, 1, 0x107)]
fn a_store_conditional_fails_when_the_value_has_changed(
    #[case] writes: u32,
    #[case] failed: u64,
    #[case] value: u64,
) {
    let hart = run(0x18b5_362f, writes);
    assert_eq!((hart.state.x[12], hart.mem.value), (failed, value));
}
