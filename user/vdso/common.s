# What every guest has. The first two instructions are those by which gdb and libgcc know a signal's frame.
        .text
        .globl __vdso_rt_sigreturn, __vdso_getcpu, __vdso_flush_icache, __vdso_riscv_hwprobe
        .type __vdso_rt_sigreturn, @function
        .type __vdso_getcpu, @function
        .type __vdso_flush_icache, @function
        .type __vdso_riscv_hwprobe, @function

        .balign 16
__vdso_rt_sigreturn:
        li a7, 139
        ecall
        .size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn

        .balign 16
__vdso_getcpu:
        li a7, 168
        ecall
        ret
        .size __vdso_getcpu, . - __vdso_getcpu

        .balign 16
__vdso_flush_icache:
        li a7, 259
        ecall
        ret
        .size __vdso_flush_icache, . - __vdso_flush_icache

        .balign 16
__vdso_riscv_hwprobe:
        li a7, 258
        ecall
        ret
        .size __vdso_riscv_hwprobe, . - __vdso_riscv_hwprobe
