//! Devices whose guest writes garbage to every register, lays garbage into its memory, lets time pass and is reset.
//!
//! An input is a byte that chooses how the device is made, and [acts](Act) after it. Half of them are done to one
//! device; a second one takes on its state, and the other half is done to both, which must show the same.

mod act;
mod board;
mod platform;
mod virtio;

pub use act::{Act, encode};
pub use board::{RAM, RAM_SIZE};
pub use platform::{finisher, flash, fw_cfg, htif, mtimer, plic, rtc, serial, swi};
pub use virtio::{QUEUE, block, console, entropy};

use ::model::Attached;
use act::{Window, decode};
use board::{Board, Rig};

/// A device, as its target makes and treats it.
struct Target {
    window: Window,
    /// Makes the device that a choice means.
    make: fn(&Board, u8) -> Rig,
    /// What a well-behaved driver does first, by the choice.
    first: fn(u8) -> Vec<Act>,
    /// What else makes the device what it is.
    host: Host,
}

/// What is at a device's other side and is no part of its state.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Host {
    Nothing,
    /// People, who come and go.
    People,
    /// A disk: what is on its way to it while the state is saved is asked for again, maybe with other bytes.
    Disk,
}

/// A device that needs no driver to begin.
fn nothing(_: u8) -> Vec<Act> {
    vec![]
}

/// Answers of the host come before the state is saved.
const SETTLED: u8 = 0x80;

/// Does what `data` says to `target`.
///
/// # Panics
/// When the device does, does endless work, or a restored device is another one.
fn play(target: &Target, data: &[u8]) {
    let Some((choice, script)) = data.split_first() else { return };
    let mut acts = (target.first)(*choice);
    acts.extend(decode(script, &target.window, virtio::QUEUE - RAM, RAM));
    let (before, after) = acts.split_at(acts.len().div_ceil(2));
    let settled = choice & SETTLED != 0;
    let [first, second] = [(); 2].map(|()| Board::new());
    let [a, b] = [&first, &second].map(|board| (target.make)(board, *choice));
    first.forget();
    for act in before {
        let seen = first.act(&a, act);
        if target.host != Host::Nothing {
            assert_eq!(seen, second.act(&b, act), "{act:?}: the same device does something else");
        }
    }
    if settled {
        first.settle();
        second.settle();
    }
    let same = target.host != Host::Disk || first.inbox.next_due().is_none();
    b.device.reset();
    second.take_on(&first);
    hand_over(&*a.device, &*b.device);
    assert_eq!(first.levels(), second.levels(), "a restored device drives its wires as the saved one");
    first.forget();
    second.forget();
    for act in after {
        let (seen, again) = (first.act(&a, act), second.act(&b, act));
        assert!(!same || seen == again, "{act:?}: saved {seen:?}, restored {again:?}");
    }
    if same {
        assert_eq!(
            a.device.save(),
            b.device.save(),
            "the saved and the restored device have become different ones"
        );
        assert!(first.memory() == second.memory(), "they have written different things to memory");
    }
}

/// `to` takes on the state of `from`, through text as in a file; what no device could have saved is refused.
fn hand_over(from: &dyn Attached, to: &dyn Attached) {
    let saved = from.save();
    let text = serde_json::to_string(&saved).expect("a state is text");
    let read = serde_json::from_str(&text).expect("its text is a state");
    to.restore(&read).expect("a state that was just saved");
    assert_eq!(to.save(), saved, "a restored device saves what it was restored from");
    let mut newer = saved.clone();
    newer.version += 1;
    let refused = to.restore(&newer).map_err(|error| error.to_string());
    assert!(refused.is_err_and(|error| error.contains("use the strata that saved it")));
    assert_eq!(to.save(), saved, "a refused state changes nothing");
}
