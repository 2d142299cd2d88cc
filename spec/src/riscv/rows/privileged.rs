//! Privileged instructions; a Linux program that tries one is stopped by SIGILL. [Priv. ISA, Machine-level and Supervisor-level ISA]

macro_rules! privileged_rows { ([$next:ident $($rest:ident)*] $($so_far:tt)*) => { $next! { [$($rest)*] $($so_far)*
Sret      "sret"       "0001000 00010 00000 000 00000 1110011"  {} NONE   "S" ANY [SYSTEM JUMP PRIVILEGED]; "return from a trap taken in supervisor mode"
Mret      "mret"       "0011000 00010 00000 000 00000 1110011"  {} NONE   "M-mode" ANY [SYSTEM JUMP PRIVILEGED]; "return from a trap taken in machine mode"
Wfi       "wfi"        "0001000 00101 00000 000 00000 1110011"  {} NONE   "M-mode" ANY [SYSTEM JUMP PRIVILEGED]; "wait for an interrupt"
SfenceVma "sfence.vma" "0001001 ttttt sssss 000 00000 1110011"  {} SFENCE "S" ANY [SYSTEM JUMP PRIVILEGED]; "order page-table stores before later translations of address rs1 in space rs2"
} } }
