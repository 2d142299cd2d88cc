//! Zfhmin: half-precision loads, stores, moves and conversions. [Unpriv. ISA, Zfhmin]

macro_rules! zfh_rows { ([$next:ident $($rest:ident)*] $($so_far:tt)*) => { $next! { [$($rest)*] $($so_far)*
Flh      "flh"        "iiiiiiiiiiii sssss 001 ddddd 0000111"            {} FLOAD     "Zfhmin" ANY [LOAD]; "rd ← 16 bits at rs1 + imm, boxed"
Fsh      "fsh"        "iiiiiii ttttt sssss 001 iiiii 0100111"           {} FSTORE    "Zfhmin" ANY [STORE]; "16 bits at rs1 + imm ← rs2"
FcvtSH   "fcvt.s.h"   "0100000 00010 sssss mmm ddddd 1010011"           {} FF_EXACT  "Zfhmin" ANY [ROUND FFLAGS]; "rd ← the half rs1 as a single"
FcvtHS   "fcvt.h.s"   "0100010 00000 sssss mmm ddddd 1010011"           {} FF_RM     "Zfhmin" ANY [ROUND FFLAGS]; "rd ← the single rs1 rounded to half"
FcvtDH   "fcvt.d.h"   "0100001 00010 sssss mmm ddddd 1010011"           {} FF_EXACT  "Zfhmin" ANY [ROUND FFLAGS]; "rd ← the half rs1 as a double"
FcvtHD   "fcvt.h.d"   "0100010 00001 sssss mmm ddddd 1010011"           {} FF_RM     "Zfhmin" ANY [ROUND FFLAGS]; "rd ← the double rs1 rounded to half"
FmvXH    "fmv.x.h"    "1110010 00000 sssss 000 ddddd 1010011"           {} F2X       "Zfhmin" ANY []; "rd ← low 16 bits of rs1, sign-extended"
FmvHX    "fmv.h.x"    "1111010 00000 sssss 000 ddddd 1010011"           {} X2F       "Zfhmin" ANY []; "rd ← low 16 bits of rs1, boxed"
} } }
