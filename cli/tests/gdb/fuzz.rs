//! Packets changed at random.

use crate::common::{assembled, folder};
use crate::{Line, SUM, frame, waiting};
use std::io::{ErrorKind, Read, Write};

/// Packets as gdb might send them, changed at random: each is survived, and a right one after it answered.
#[test]
fn fuzz_packets() {
    let count: u64 = std::env::var("STRATA_FUZZ_N").ok().and_then(|n| n.parse().ok()).unwrap_or(2000);
    let program = assembled(SUM, &folder());
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    const SEEDS: &[&str] = &[
        "?",
        "g",
        "G00",
        "p20",
        "Pa=00",
        "m10000,10",
        "M10000,1:00",
        "X10000,2:}ab",
        "Z0,10000,2",
        "z0,10000,2",
        "Z2,10000,8",
        "Z4,0,ffffffffffffffff",
        "vCont?",
        "vCont;s:p1.1;c",
        "vCont;r0,0:1",
        "s",
        "Hg0",
        "Hc-1",
        "T1",
        "qC",
        "qfThreadInfo",
        "qsThreadInfo",
        "qAttached:1",
        "qSupported:multiprocess+;xmlRegisters=i386",
        "qXfer:features:read:target.xml:0,ffb",
        "qXfer:auxv:read::0,1000",
        "qXfer:exec-file:read:1:0,100",
        "vFile:open:2f,0,0",
        "vFile:pread:0,100,0",
        "vFile:fstat:0",
        "vFile:close:0",
        "vFile:setfs:0",
        "qRcmd,68",
        "qRcmd,72656773",
        "vRun;2f",
        "vAttach;1",
        "R00",
        "!",
        "QStartNoAckMode",
        "qOffsets",
        "qSymbol::",
        "qXfer:threads:read::0,1000",
        "qXfer:siginfo:read::0,80",
        "qXfer:siginfo:write::8:ab",
        "QPassSignals:e;10;14;17;1a;1b;1c",
        "QProgramSignals:0;1;3",
        "QCatchSyscalls:1;5d;40",
        "QCatchSyscalls:1",
        "QDisableRandomization:1",
        "Hgp1.1",
        "D;1",
        "S05",
    ];
    let mut sent = 0;
    while sent < count {
        let waiting = waiting(&program);
        let mut line = Line::to(&waiting.place);
        // Until the session has ended, or long enough.
        let _ = (0..200).all(|_| {
            sent += 1;
            let mut body = SEEDS[usize::try_from(next()).unwrap() % SEEDS.len()].as_bytes().to_vec();
            for _ in 0..next() % 4 {
                let place = usize::try_from(next()).unwrap() % (body.len() + 1);
                let byte = next().to_le_bytes()[0];
                match next() % 3 {
                    0 => body.insert(place, byte),
                    1 => body.truncate(place),
                    _ => body
                        .iter_mut()
                        .skip(place)
                        .take(1)
                        .for_each(|old| *old = b"0fp,;:.-"[usize::from(byte & 7)]),
                }
            }
            // What ends the session has its own tests.
            let ends = [b"k".as_slice(), b"vKill", b"D", b"c", b"C", b"vCont;c", b"vCont;C"];
            body.retain(|byte| !b"$#".contains(byte));
            ends.iter().any(|end| body.starts_with(end))
                || line.0.write_all(&frame(&body)).is_ok() && line.here()
        });
        drop(line);
        let end = waiting.end();
        // Changed registers and memory may kill the program, but nothing may kill strata.
        assert!(!end.err.contains("panicked") && end.end != Ok(101) && end.end != Err(6), "{end:?}");
        assert!(end.end != Err(11) || end.err.contains("killed by"), "{end:?}");
    }
}

impl Line {
    /// Whether the other side still answers a question of its own kind.
    fn here(&mut self) -> bool {
        // What runs, and may run for ever, is stopped first.
        let question = [&[3], frame(b"qRcmd,68656c70").as_slice()].concat();
        if self.0.write_all(&question).is_err() {
            return false;
        }
        let mut seen = vec![];
        let mut bytes = [0; 4096];
        loop {
            match self.0.read(&mut bytes) {
                Ok(0) => return false,
                Ok(count) => seen.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return false,
                Err(error) => panic!("no answer: {error}"),
            }
            // The console's text comes first, then the answer.
            let text = b"O72656773";
            if let Some(at) = seen.windows(text.len()).position(|part| part == text)
                && seen[at..].windows(6).any(|part| part == b"$OK#9a")
            {
                return true;
            }
        }
    }
}
