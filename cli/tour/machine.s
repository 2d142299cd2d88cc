# The tour machine: a small system for QEMU's virt board, which shows what a machine is made of.
#
# It starts in machine mode at the first byte of RAM, without firmware. In turn: the console, a timer interrupt, paging
# (Sv39), user mode, a page fault; then a shell in supervisor mode, or the end where nobody can type.

        .equ    UART, 0x10000000
        .equ    FINISHER, 0x100000
        .equ    MTIMECMP, 0x2004000
        .equ    MTIME, 0x200bff8
        .equ    PLIC, 0xc000000
        .equ    RAM, 0x80000000
        # Where strata puts 1 if nobody can type.
        .equ    BATCH, 0x80100000
        # The first gigabyte of RAM as user mode sees it.
        .equ    USER, 0xc0000000
        .equ    MIE, 8
        .equ    MTI, 0x80

        .text
        .globl  _start
_start:
        bnez    a0, park
        la      sp, stack_top
        la      t0, machine_trap
        csrw    mtvec, t0
        la      a0, hello
        call    print

# A timer interrupt: the clock runs at 10 MHz.
        li      t0, MTIME
        ld      s0, 0(t0)
        li      t1, 50000
        add     t1, t1, s0
        li      t0, MTIMECMP
        sd      t1, 0(t0)
        la      t0, ticked
        sd      zero, 0(t0)
        li      t0, MTI
        csrs    mie, t0
        csrsi   mstatus, MIE
1:      wfi
        la      t0, ticked
        ld      t1, 0(t0)
        beqz    t1, 1b
        csrci   mstatus, MIE
        sub     a0, t1, s0
        mv      s0, a0
        la      a0, timer1
        call    print
        mv      a0, s0
        call    decimal
        la      a0, timer2
        call    print

# Page tables: three pages of a gigabyte each. Devices and RAM where they are, RAM once more for user mode.
        la      t0, table
        li      t1, 0xc7                # devices: D A W R V
        sd      t1, 0(t0)
        li      t1, RAM
        srli    t1, t1, 2
        ori     t2, t1, 0xcf            # D A X W R V
        sd      t2, 16(t0)
        ori     t2, t1, 0xdf            # the same with U
        sd      t2, 24(t0)
        srli    t0, t0, 12
        li      t1, 8
        slli    t1, t1, 60
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma

# Supervisor mode may reach everything and gets the traps of user mode.
        li      t0, -1
        srli    t1, t0, 10
        csrw    pmpaddr0, t1
        li      t1, 0x1f
        csrw    pmpcfg0, t1
        li      t1, 0xb1ff
        csrw    medeleg, t1
        li      t1, 0x222
        csrw    mideleg, t1
        csrw    mcounteren, t0
        la      t0, supervisor_trap
        csrw    stvec, t0
        csrw    mie, zero
        li      t0, 0x1800
        csrc    mstatus, t0
        li      t0, 0x0800
        csrs    mstatus, t0
        la      t0, supervisor
        csrw    mepc, t0
        mret

park:   wfi
        j       park

# Only the timer interrupts machine mode: keeps the time, and silences the timer.
        .balign 4
machine_trap:
        addi    sp, sp, -16
        sd      t0, 0(sp)
        sd      t1, 8(sp)
        li      t0, MTIME
        ld      t1, 0(t0)
        la      t0, ticked
        sd      t1, 0(t0)
        li      t1, -1
        li      t0, MTIMECMP
        sd      t1, 0(t0)
        ld      t0, 0(sp)
        ld      t1, 8(sp)
        addi    sp, sp, 16
        mret

# Supervisor mode, with paging on: what is written at one address is read at the other.
supervisor:
        la      a0, paging1
        call    print
        la      s0, cell
        li      t0, 0x5eed
        sd      t0, 0(s0)
        li      t0, 0x40000000
        add     s1, s0, t0
        mv      a0, s0
        call    hex
        la      a0, paging2
        call    print
        mv      a0, s1
        call    hex
        la      a0, paging3
        call    print
        # Reading a user page needs SUM.
        li      t0, 0x40000
        csrs    sstatus, t0
        ld      a0, 0(s1)
        call    hex
        la      a0, newline
        call    print

# User mode: calls with 42, then reads where nothing is mapped.
        la      t0, user
        li      t1, 0x40000000
        add     t0, t0, t1
        csrw    sepc, t0
        li      t0, 0x100
        csrc    sstatus, t0
        sret

user:
        li      a0, 42
        ecall
        li      t0, 0x123456789
        ld      a0, 0(t0)
        j       user

        .balign 4
supervisor_trap:
        csrr    s0, scause
        li      t0, 8
        bne     s0, t0, 1f
        mv      s1, a0
        la      a0, user1
        call    print
        mv      a0, s1
        call    decimal
        la      a0, newline
        call    print
        csrr    t0, sepc
        addi    t0, t0, 4
        csrw    sepc, t0
        sret
1:      la      a0, trap1
        call    print
        mv      a0, s0
        call    decimal
        la      a0, trap2
        call    print
        csrr    a0, stval
        call    hex
        la      a0, trap3
        call    print
        csrr    a0, sepc
        call    hex
        la      a0, newline
        call    print

# The shell: a line is a command.
shell:
        la      sp, stack_top
        li      t0, BATCH
        lbu     t0, 0(t0)
        bnez    t0, ends_by_itself
        li      t0, PLIC
        li      t1, 1
        sw      t1, 40(t0)              # priority of source 10
        li      t0, 0xc002080
        li      t1, 0x400
        sw      t1, 0(t0)               # enabled for supervisor mode of hart 0
        li      t0, 0xc201000
        sw      zero, 0(t0)
        li      t0, UART
        li      t1, 1
        sb      t1, 1(t0)
        li      t1, 0x200
        csrs    sie, t1
prompt:
        la      a0, ready
        call    print
        la      s0, line
        mv      s1, s0
1:      call    key
        li      t0, 13
        beq     a0, t0, 3f
        li      t0, 10
        beq     a0, t0, 3f
        li      t0, 127
        beq     a0, t0, 2f
        li      t0, 8
        beq     a0, t0, 2f
        addi    t1, s0, 60
        bgeu    s1, t1, 1b
        sb      a0, 0(s1)
        addi    s1, s1, 1
        call    put
        j       1b
2:      beq     s1, s0, 1b
        addi    s1, s1, -1
        la      a0, rubout
        call    print
        j       1b
3:      sb      zero, 0(s1)
        la      a0, newline
        call    print
        lbu     t0, 0(s0)
        beqz    t0, prompt
        la      s2, commands
4:      ld      a1, 0(s2)
        beqz    a1, 5f
        mv      a0, s0
        call    equal
        ld      t0, 8(s2)
        addi    s2, s2, 16
        beqz    a0, 4b
        jalr    t0
        j       prompt
5:      la      a0, unknown
        call    print
        j       prompt

help:   la      a0, helptext
        j       print

poweroff:
        la      a0, bye
        call    print
        li      t0, FINISHER
        li      t1, 0x5555
        sw      t1, 0(t0)
1:      wfi
        j       1b

ends_by_itself:
        la      a0, nobody
        call    print
        j       poweroff

regs:   addi    sp, sp, -16
        sd      ra, 8(sp)
        la      a0, regs1
        call    print
        csrr    a0, sstatus
        call    hex
        la      a0, regs2
        call    print
        csrr    a0, satp
        call    hex
        la      a0, regs3
        call    print
        csrr    a0, instret
        call    decimal
        la      a0, regs4
        call    print
        csrr    a0, time
        call    decimal
        la      a0, newline
        call    print
        ld      ra, 8(sp)
        addi    sp, sp, 16
        ret

# Counts primes below 20000 and says how many instructions it took.
bench:  addi    sp, sp, -32
        sd      ra, 8(sp)
        sd      s0, 16(sp)
        csrr    s0, instret
        li      t0, 2
        li      t5, 20000
        li      t6, 0
1:      bgeu    t0, t5, 4f
        li      t1, 2
2:      mul     t2, t1, t1
        bgtu    t2, t0, 3f
        remu    t2, t0, t1
        beqz    t2, 5f
        addi    t1, t1, 1
        j       2b
3:      addi    t6, t6, 1
5:      addi    t0, t0, 1
        j       1b
4:      mv      a0, t6
        call    decimal
        la      a0, bench1
        call    print
        csrr    a0, instret
        sub     a0, a0, s0
        call    decimal
        la      a0, bench2
        call    print
        ld      s0, 16(sp)
        ld      ra, 8(sp)
        addi    sp, sp, 32
        ret

# Whether the strings at a0 and a1 are the same.
equal:  lbu     t0, 0(a0)
        lbu     t1, 0(a1)
        addi    a0, a0, 1
        addi    a1, a1, 1
        bne     t0, t1, 1f
        bnez    t0, equal
        li      a0, 1
        ret
1:      li      a0, 0
        ret

# A byte from the console; waits for the interrupt that announces one.
key:    li      t0, UART
1:      lbu     t1, 5(t0)
        andi    t1, t1, 1
        bnez    t1, 2f
        wfi
        li      t2, 0xc201004
        lw      t1, 0(t2)
        sw      t1, 0(t2)
        j       1b
2:      lbu     a0, 0(t0)
        ret

# Writes the byte in a0.
put:    li      t0, UART
        sb      a0, 0(t0)
        ret

# Writes the string at a0, which ends in a zero byte.
print:  li      t0, UART
1:      lbu     t1, 0(a0)
        beqz    t1, 2f
        sb      t1, 0(t0)
        addi    a0, a0, 1
        j       1b
2:      ret

# Writes the number in a0 in decimal.
decimal:
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

# Writes the number in a0 in hexadecimal.
hex:    addi    sp, sp, -48
        sd      ra, 40(sp)
        addi    t0, sp, 32
        sb      zero, 0(t0)
        li      t3, 10
1:      andi    t2, a0, 15
        srli    a0, a0, 4
        bltu    t2, t3, 2f
        addi    t2, t2, 39
2:      addi    t2, t2, '0'
        addi    t0, t0, -1
        sb      t2, 0(t0)
        bnez    a0, 1b
        mv      a0, t0
        call    print
        ld      ra, 40(sp)
        addi    sp, sp, 48
        ret

        .section .rodata
hello:  .asciz  "strata: a RISC-V machine of its own, board virt, without firmware\n"
timer1: .asciz  "timer       interrupt after "
timer2: .asciz  " ticks of 100 ns\n"
paging1: .asciz "paging      Sv39 is on: written at 0x"
paging2: .asciz ", read at 0x"
paging3: .asciz ": 0x"
user1:  .asciz  "user mode   calls the supervisor with "
trap1:  .asciz  "trap        cause "
trap2:  .asciz  " (load page fault) at 0x"
trap3:  .asciz  ", by the instruction at 0x"
newline: .asciz "\n"
ready:  .asciz  "> "
rubout: .asciz  "\b \b"
unknown: .asciz "there is no such command; help lists them\n"
helptext: .asciz "help      this list\nregs      a few control registers\nbench     counts primes and instructions\npoweroff  ends the machine\n"
nobody: .asciz  "nobody can type here\n"
bye:    .asciz  "power off\n"
regs1:  .asciz  "sstatus 0x"
regs2:  .asciz  "\nsatp    0x"
regs3:  .asciz  "\ninstret "
regs4:  .asciz  "\ntime    "
bench1: .asciz  " primes below 20000 in "
bench2: .asciz  " instructions\n"
help_name: .asciz "help"
regs_name: .asciz "regs"
bench_name: .asciz "bench"
poweroff_name: .asciz "poweroff"

        .data
        .balign 8
commands:
        .dword  help_name, help
        .dword  regs_name, regs
        .dword  bench_name, bench
        .dword  poweroff_name, poweroff
        .dword  0, 0
ticked: .dword  0
cell:   .dword  0
line:   .zero   64
        .balign 4096
table:  .zero   4096
stack:  .zero   4096
stack_top:
