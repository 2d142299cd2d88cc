# The clocks, for guests with registers of 64 bits, as Linux has it.
        .text
        .globl __vdso_clock_gettime, __vdso_gettimeofday, __vdso_clock_getres
        .type __vdso_clock_gettime, @function
        .type __vdso_gettimeofday, @function
        .type __vdso_clock_getres, @function

# The register time counts the nanoseconds of CLOCK_MONOTONIC; other clocks are set while programs run.
        .balign 16
__vdso_clock_gettime:
        li t0, 1
        bne a0, t0, 1f
        rdtime t0
        li t1, 1000000000
        divu t2, t0, t1
        remu t0, t0, t1
        sd t2, 0(a1)
        sd t0, 8(a1)
        li a0, 0
        ret
1:      li a7, 113
        ecall
        ret
        .size __vdso_clock_gettime, . - __vdso_clock_gettime

        .balign 16
__vdso_gettimeofday:
        li a7, 169
        ecall
        ret
        .size __vdso_gettimeofday, . - __vdso_gettimeofday

        .balign 16
__vdso_clock_getres:
        li a7, 114
        ecall
        ret
        .size __vdso_clock_getres, . - __vdso_clock_getres
