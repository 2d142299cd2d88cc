//! Privileged instructions; a Linux program that tries one is stopped by SIGILL. [Priv. ISA, Machine-level and Supervisor-level ISA]

macro_rules! privileged_rows { ([$next:ident $($rest:ident)*] $($so_far:tt)*) => { $next! { [$($rest)*] $($so_far)*
Sret      "sret"       "0001000 00010 00000 000 00000 1110011"  {} NONE   "S" ANY [SYSTEM JUMP PRIVILEGED]; "return from a trap taken in supervisor mode"
Mret      "mret"       "0011000 00010 00000 000 00000 1110011"  {} NONE   "M-mode" ANY [SYSTEM JUMP PRIVILEGED]; "return from a trap taken in machine mode"
Wfi       "wfi"        "0001000 00101 00000 000 00000 1110011"  {} NONE   "M-mode" ANY [SYSTEM JUMP PRIVILEGED]; "wait for an interrupt"
SfenceVma "sfence.vma" "0001001 ttttt sssss 000 00000 1110011"  {} SFENCE "S" ANY [SYSTEM JUMP PRIVILEGED]; "order page-table stores before later translations of address rs1 in space rs2"
SinvalVma "sinval.vma" "0001011 ttttt sssss 000 00000 1110011"  {} SFENCE "Svinval" ANY [SYSTEM JUMP PRIVILEGED]; "forget translations of address rs1 in space rs2, between sfence.w.inval and sfence.inval.ir"
SfenceWInval "sfence.w.inval" "0001100 00000 00000 000 00000 1110011"  {} NONE "Svinval" ANY [SYSTEM JUMP PRIVILEGED]; "order page-table stores before later sinval.vma"
SfenceInvalIr "sfence.inval.ir" "0001100 00001 00000 000 00000 1110011"  {} NONE "Svinval" ANY [SYSTEM JUMP PRIVILEGED]; "order earlier sinval.vma before later translations"
} } }
