# The clocks, for guests with registers of 64 bits, as Linux has it.
        .text
        .globl __vdso_clock_gettime, __vdso_gettimeofday, __vdso_clock_getres
        .type __vdso_clock_gettime, @function
        .type __vdso_gettimeofday, @function
        .type __vdso_clock_getres, @function

# The register time is coarser than the clocks, so that all of them are asked for.
        .balign 16
__vdso_clock_gettime:
        li a7, 113
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
