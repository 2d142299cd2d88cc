//! The toy's twenty rows.

use super::forms;
use spec::rows;

rows! { []
Add   "add"   "00000001 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b + c; carry ← carry out"
Adc   "adc"   "00000010 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b + c + carry; carry ← carry out"
Sub   "sub"   "00000011 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b − c"
And   "and"   "00000100 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b and c"
Or    "or"    "00000101 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b or c"
Xor   "xor"   "00000110 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b xor c"
Shl   "shl"   "00000111 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b shifted left by c's low 5 bits"
Shr   "shr"   "00001000 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b shifted right by c's low 5 bits"
Divu  "divu"  "00001001 aaaa bbbb cccc 000000000000"  {} ABC    "toy" W32 [];             "a ← b ÷ c, unsigned; traps by zero"
Addi  "addi"  "00010000 aaaa bbbb iiiiiiiiiiiiiiii"   {} ABI    "toy" W32 [];             "a ← b + imm"
Movhi "movhi" "00010001 aaaa 0000 iiiiiiiiiiiiiiii"   {} AHI    "toy" W32 [];             "a ← imm, the upper 16 bits"
Lw    "lw"    "00100000 aaaa bbbb iiiiiiiiiiiiiiii"   {} MEM    "toy" W32 [LOAD];         "a ← 32 bits at b + imm"
Lhu   "lhu"   "00100001 aaaa bbbb iiiiiiiiiiiiiiii"   {} MEM    "toy" W32 [LOAD];         "a ← 16 bits at b + imm, zero-extended"
Sw    "sw"    "00100010 aaaa bbbb iiiiiiiiiiiiiiii"   {} MEM    "toy" W32 [STORE];        "32 bits at b + imm ← a"
Sh    "sh"    "00100011 aaaa bbbb iiiiiiiiiiiiiiii"   {} MEM    "toy" W32 [STORE];        "16 bits at b + imm ← a"
Cmpeq "cmpeq" "00110000 0000 bbbb cccc 000000000000"  {} BC     "toy" W32 [];             "test ← 1 if b = c, else 0"
Cmplt "cmplt" "00110001 0000 bbbb cccc 000000000000"  {} BC     "toy" W32 [];             "test ← 1 if b < c, signed, else 0"
Bt    "bt"    "01000000 iiiiiiiiiiiiiiiiiiiiiiii"     {} GO     "toy" W32 [BRANCH];       "branch to pc + imm if test"
Jr    "jr"    "01000001 0000 bbbb 0000000000000000"   {} B_ONLY "toy" W32 [JUMP];         "jump to b"
Call  "call"  "01000010 00000000 iiiiiiiiiiiiiiii"    {} CALL   "toy" W32 [SYSTEM JUMP];  "ask the monitor for service imm"
}
