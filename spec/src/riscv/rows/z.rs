//! The small Z extensions: CSR access, fence.i, conditional zero, cache blocks, hints. [Unpriv. ISA, the chapter of each extension]

macro_rules! z_rows { ([$next:ident $($rest:ident)*] $($so_far:tt)*) => { $next! { [$($rest)*] $($so_far)*
Csrrw    "csrrw"      "cccccccccccc sssss 001 ddddd 1110011"            {} CSR       "Zicsr" ANY [SYSTEM]; "rd ← csr; csr ← rs1"
Csrrs    "csrrs"      "cccccccccccc sssss 010 ddddd 1110011"            {} CSR       "Zicsr" ANY [SYSTEM]; "rd ← csr; csr ← csr or rs1; no write for x0"
Csrrc    "csrrc"      "cccccccccccc sssss 011 ddddd 1110011"            {} CSR       "Zicsr" ANY [SYSTEM]; "rd ← csr; csr ← csr and not rs1; no write for x0"
Csrrwi   "csrrwi"     "cccccccccccc zzzzz 101 ddddd 1110011"            {} CSRI      "Zicsr" ANY [SYSTEM]; "rd ← csr; csr ← uimm"
Csrrsi   "csrrsi"     "cccccccccccc zzzzz 110 ddddd 1110011"            {} CSRI      "Zicsr" ANY [SYSTEM]; "rd ← csr; csr ← csr or uimm; no write for 0"
Csrrci   "csrrci"     "cccccccccccc zzzzz 111 ddddd 1110011"            {} CSRI      "Zicsr" ANY [SYSTEM]; "rd ← csr; csr ← csr and not uimm; no write for 0"
FenceI   "fence.i"    "iiiiiiiiiiii sssss 001 ddddd 0001111"            {} FENCE_I   "Zifencei" ANY [SYNC JUMP]; "make earlier stores visible to later instruction fetches"
CzeroEqz "czero.eqz"  "0000111 ttttt sssss 101 ddddd 0110011"           {} R         "Zicond" ANY []; "rd ← 0 if rs2 = 0, else rs1"
CzeroNez "czero.nez"  "0000111 ttttt sssss 111 ddddd 0110011"           {} R         "Zicond" ANY []; "rd ← 0 if rs2 ≠ 0, else rs1"
CboInval "cbo.inval"  "000000000000 sssss 010 00000 0001111"            {} CBO       "Zicbom" ANY [LOAD]; "discard the cache block at rs1; performed as a flush"
CboClean "cbo.clean"  "000000000001 sssss 010 00000 0001111"            {} CBO       "Zicbom" ANY [LOAD]; "write the cache block at rs1 back to memory"
CboFlush "cbo.flush"  "000000000010 sssss 010 00000 0001111"            {} CBO       "Zicbom" ANY [LOAD]; "write the cache block at rs1 back and discard it"
CboZero  "cbo.zero"   "000000000100 sssss 010 00000 0001111"            {} CBO       "Zicboz" ANY [STORE]; "the 64-byte block around rs1 ← zeros"
PrefetchI "prefetch.i" "iiiiiii 00000 sssss 110 00000 0010011"           {} PREFETCH  "Zicbop" ANY [] before Ori; "hint that the block at rs1 + imm will be used by an instruction fetch"
PrefetchR "prefetch.r" "iiiiiii 00001 sssss 110 00000 0010011"           {} PREFETCH  "Zicbop" ANY [] before Ori; "hint that the block at rs1 + imm will be used by a load"
PrefetchW "prefetch.w" "iiiiiii 00011 sssss 110 00000 0010011"           {} PREFETCH  "Zicbop" ANY [] before Ori; "hint that the block at rs1 + imm will be used by a store"
Pause    "pause"      "0000 0001 0000 00000 000 00000 0001111"          {} NONE      "Zihintpause" ANY [] before Fence; "hint that the hart waits for another"
} } }
