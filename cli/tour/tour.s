# The tour guest: a small Linux program for riscv64.
#
# It greets, counts the primes below 20000 with a sieve, draws the Mandelbrot set in doubles,
# and exits with status 0. Two system calls are all it needs: write (64) and exit (93).

        .equ    LIMIT, 20000
        .equ    WIDTH, 64
        .equ    HEIGHT, 21
        .equ    DEPTH, 40

        .text
        .globl  _start
_start:
        la      a0, hello
        call    print
        call    sieve
        call    print_number
        la      a0, primes
        call    print
        call    mandelbrot
        la      a0, bye
        call    print
        li      a0, 0
        li      a7, 93
        ecall

# Writes the string at a0, which ends in a zero byte.
print:
        mv      a1, a0
1:      lbu     t0, 0(a0)
        addi    a0, a0, 1
        bnez    t0, 1b
        sub     a2, a0, a1
        addi    a2, a2, -1
        li      a0, 1
        li      a7, 64
        ecall
        ret

# Writes the number in a0 in decimal.
print_number:
        addi    sp, sp, -48
        sd      ra, 40(sp)
        addi    t0, sp, 32
        sb      zero, 0(t0)
        li      t1, 10
1:      remu    t2, a0, t1
        divu    a0, a0, t1
        addi    t2, t2, '0'
        addi    t0, t0, -1
        sb      t2, 0(t0)
        bnez    a0, 1b
        mv      a0, t0
        call    print
        ld      ra, 40(sp)
        addi    sp, sp, 48
        ret

# Returns the number of primes below LIMIT.
sieve:
        la      t0, marks
        li      t1, LIMIT
        li      t2, 2
        li      a0, 0
1:      bge     t2, t1, 4f
        add     t3, t0, t2
        lbu     t4, 0(t3)
        bnez    t4, 3f
        addi    a0, a0, 1
        mul     t5, t2, t2
2:      bge     t5, t1, 3f
        add     t3, t0, t5
        li      t4, 1
        sb      t4, 0(t3)
        add     t5, t5, t2
        j       2b
3:      addi    t2, t2, 1
        j       1b
4:      ret

# Draws the set: x from -2 to 0.6, y from -1.2 to 1.2.
mandelbrot:
        addi    sp, sp, -32
        sd      ra, 24(sp)
        sd      s0, 16(sp)
        sd      s1, 8(sp)
        la      t0, numbers
        fld     fs0, 0(t0)              # left
        fld     fs1, 8(t0)              # width of a column
        fld     fs2, 16(t0)             # top
        fld     fs3, 24(t0)             # height of a row
        fld     fs4, 32(t0)             # four
        li      s0, 0
row:
        li      s1, 0
        fcvt.d.w ft0, s0
        fmadd.d fa1, ft0, fs3, fs2      # y
column:
        fcvt.d.w ft0, s1
        fmadd.d fa0, ft0, fs1, fs0      # x
        fcvt.d.w ft1, zero
        fmv.d   ft2, ft1
        li      t0, 0
1:      fmul.d  ft3, ft1, ft1
        fmul.d  ft4, ft2, ft2
        fadd.d  ft5, ft3, ft4
        flt.d   t1, fs4, ft5
        bnez    t1, 2f
        fmul.d  ft6, ft1, ft2
        fadd.d  ft6, ft6, ft6
        fadd.d  ft2, ft6, fa1
        fsub.d  ft3, ft3, ft4
        fadd.d  ft1, ft3, fa0
        addi    t0, t0, 1
        li      t1, DEPTH
        blt     t0, t1, 1b
2:      la      t2, shades
        srai    t0, t0, 2
        li      t1, 9
        min     t0, t0, t1
        add     t2, t2, t0
        lbu     t3, 0(t2)
        la      t5, line
        add     t5, t5, s1
        sb      t3, 0(t5)
        addi    s1, s1, 1
        li      t1, WIDTH
        blt     s1, t1, column
        la      a0, line
        call    print
        addi    s0, s0, 1
        li      t1, HEIGHT
        blt     s0, t1, row
        ld      s1, 8(sp)
        ld      s0, 16(sp)
        ld      ra, 24(sp)
        addi    sp, sp, 32
        ret

        .section .rodata
hello:  .asciz  "Hello from a RISC-V program inside strata.\n"
primes: .asciz  " primes lie below 20000.\n"
bye:    .asciz  "Done.\n"
shades: .ascii  " .:-=+*%@#"
        .balign 8
# -2.0, 2.6 / 64, -1.2, 2.4 / 20, 4.0
numbers:
        .dword  0xc000000000000000, 0x3fa4cccccccccccd, 0xbff3333333333333
        .dword  0x3fbeb851eb851eb8, 0x4010000000000000

        .data
line:   .space  WIDTH
        .asciz  "\n"

        .bss
marks:  .space  LIMIT
