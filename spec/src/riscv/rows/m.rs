//! M: integer multiplication and division. [Unpriv. ISA, M]

macro_rules! m_rows { ([$next:ident $($rest:ident)*] $($so_far:tt)*) => { $next! { [$($rest)*] $($so_far)*
Mul     "mul"     "0000001 ttttt sssss 000 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← low half of rs1 × rs2"
Mulh    "mulh"    "0000001 ttttt sssss 001 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← high half of rs1 × rs2, both signed"
Mulhsu  "mulhsu"  "0000001 ttttt sssss 010 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← high half of rs1 × rs2, rs1 signed and rs2 unsigned"
Mulhu   "mulhu"   "0000001 ttttt sssss 011 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← high half of rs1 × rs2, both unsigned"
Div     "div"     "0000001 ttttt sssss 100 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← rs1 ÷ rs2, signed, toward zero; −1 by zero"
Divu    "divu"    "0000001 ttttt sssss 101 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← rs1 ÷ rs2, unsigned; all ones by zero"
Rem     "rem"     "0000001 ttttt sssss 110 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← remainder of rs1 ÷ rs2, signed; rs1 by zero"
Remu    "remu"    "0000001 ttttt sssss 111 ddddd 0110011"       {}    R       "M" ANY [];            "rd ← remainder of rs1 ÷ rs2, unsigned; rs1 by zero"
Mulw    "mulw"    "0000001 ttttt sssss 000 ddddd 0111011"       {}    R       "M" W64 [];            "rd ← low 32 bits of rs1 × rs2, sign-extended"
Divw    "divw"    "0000001 ttttt sssss 100 ddddd 0111011"       {}    R       "M" W64 [];            "rd ← low words of rs1 ÷ rs2, signed, sign-extended"
Divuw   "divuw"   "0000001 ttttt sssss 101 ddddd 0111011"       {}    R       "M" W64 [];            "rd ← low words of rs1 ÷ rs2, unsigned, sign-extended"
Remw    "remw"    "0000001 ttttt sssss 110 ddddd 0111011"       {}    R       "M" W64 [];            "rd ← remainder of low words of rs1 ÷ rs2, signed, sign-extended"
Remuw   "remuw"   "0000001 ttttt sssss 111 ddddd 0111011"       {}    R       "M" W64 [];            "rd ← remainder of low words of rs1 ÷ rs2, unsigned, sign-extended"
} } }
