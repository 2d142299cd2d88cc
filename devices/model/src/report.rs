//! Mistakes of the guest, reported with names and never faster than somebody can read.

use parking_lot::Mutex;
use std::fmt::{self, Display};
use std::sync::Arc;

/// Reports of one device in one [`WINDOW`] of guest time; more are counted and left out.
const BURST: u32 = 10;
/// One second of guest time.
const WINDOW: u64 = 1_000_000_000;

/// What a guest did wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestError {
    /// The device's name on its board.
    pub device: Arc<str>,
    /// The register, by its name, or an offset where there is none.
    pub register: String,
    /// What is wrong.
    pub what: String,
    /// Guest time in nanoseconds.
    pub now: u64,
    /// Reports of this device that were left out before this one.
    pub left_out: u64,
}

impl Display for GuestError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {}: {}", self.device, self.register, self.what)?;
        match self.left_out {
            0 => Ok(()),
            n => write!(f, " ({n} reports before this one were left out)"),
        }
    }
}

/// Where the reports of a machine's devices go. Clones lead to the same place.
#[derive(Clone)]
pub struct Reports(Arc<dyn Fn(&GuestError) + Send + Sync>);

impl Reports {
    /// Gives each report to `sink`, which must not touch a device.
    pub fn new(sink: impl Fn(&GuestError) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Reports are counted and not shown.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// The reporter of the device named `device`.
    pub fn reporter(&self, device: &str) -> Reporter {
        Reporter { device: device.into(), reports: self.clone(), state: Mutex::default() }
    }
}

/// What one device reports to.
pub struct Reporter {
    device: Arc<str>,
    reports: Reports,
    state: Mutex<Count>,
}

#[derive(Default)]
struct Count {
    total: u64,
    left_out: u64,
    window: u64,
    in_window: u32,
}

impl Reporter {
    /// The device's name.
    pub fn device(&self) -> &str {
        &self.device
    }

    /// The mistakes so far, those left out as well.
    pub fn total(&self) -> u64 {
        self.state.lock().total
    }

    /// Counts a mistake made at guest time `now` and passes it on, unless there were many just before.
    pub fn report(&self, now: u64, register: &dyn Display, what: &dyn Display) {
        let left_out = {
            let mut count = self.state.lock();
            count.total += 1;
            if now / WINDOW != count.window {
                (count.window, count.in_window) = (now / WINDOW, 0);
            }
            if count.in_window == BURST {
                count.left_out += 1;
                return;
            }
            count.in_window += 1;
            std::mem::take(&mut count.left_out)
        };
        (self.reports.0)(&GuestError {
            device: Arc::clone(&self.device),
            register: register.to_string(),
            what: what.to_string(),
            now,
            left_out,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_reports_are_left_out_and_counted() {
        let shown = Arc::new(Mutex::new(vec![]));
        let into = Arc::clone(&shown);
        let reporter =
            Reports::new(move |error| into.lock().push(error.to_string())).reporter("riscv.sifive.plic");
        for _ in 0..1000 {
            reporter.report(5, &"pending", &"write of a read-only register");
        }
        assert_eq!(shown.lock().len(), 10);
        reporter.report(WINDOW, &"0x4", &"no register");
        assert_eq!(
            shown.lock().last().unwrap(),
            "riscv.sifive.plic: 0x4: no register (990 reports before this one were left out)"
        );
        assert_eq!(reporter.total(), 1001);
    }
}
