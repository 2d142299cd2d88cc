/* Processes: fork and waitid, vfork, threads with their own storage, programs, limits, use of time. */
#include "start.h"

struct info { i32 signo, error, code, pid; u32 uid; i32 status; u8 room[104]; };
static u32 word;
static volatile u32 told;
static int tid;

static void wait_for(u32 *at, u32 value) {
    while (*(volatile u32 *)at == value)
        sys(futex64, at, 0, value, NULL);
}

__attribute__((noinline)) static int thread(u8 *stack, u32 tls) {
    /* VM FS FILES SIGHAND THREAD SYSVSEM SETTLS PARENT_SETTID CHILD_CLEARTID */
    register long a7 __asm__("a7") = clone, a0 __asm__("a0") = 0x3d0f00, a1 __asm__("a1") = (long)stack,
                  a2 __asm__("a2") = (long)&tid, a3 __asm__("a3") = (long)tls, a4 __asm__("a4") = (long)&tid;
    __asm__ volatile(
        "ecall\nbnez a0, 1f\n"
        "lw t0, 0(tp)\nlui t1, %%hi(told)\nsw t0, %%lo(told)(t1)\nli a0, 0\nli a7, 93\necall\n1:"
        : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4) : "memory", "t0", "t1");
    return a0;
}

int run(int argc, char **argv, char **envp, u32 *auxv) {
    if (argc > 1) {
        put("the other program: "), put(argv[1]), put(" "), put(envp[0]), put("\n");
        return 9;
    }
    int child = sys(clone, 17, 0, 0, 0, 0);
    if (child == 0) {
        show("child of", sys(getppid) > 1);
        sys(exit_group, 7);
    }
    struct info info;
    struct { i32 utime[2], stime[2], rest[14]; } usage;
    memset(&usage, 0xff, sizeof usage);
    result("waitid", sys(waitid, 1, child, &info, 4, &usage));
    show2("info", info.signo, info.code);
    show2("child", info.pid == child, info.status);
    show("usage", usage.rest[0] > 0 && usage.utime[1] >= 0 && usage.utime[1] < 1000000 && usage.rest[13] >= 0);
    result("waitid again", sys(waitid, 1, child, &info, 4, NULL));

    child = sys(clone, 17, 0, 0, 0, 0);
    if (child == 0) {
        *(volatile u32 *)8 = 1;
    }
    sys(waitid, 1, child, &info, 4, NULL);
    show2("killed", info.code, info.status & 0x7f);

    u8 *stack = (u8 *)sys(mmap2, 0, 65536, 3, 0x22, -1, 0);
    u32 storage = 0xcafe;
    int made = thread(stack + 65536, (u32)&storage);
    show("thread", made > 0);
    while (tid != 0)
        sys(futex64, &tid, 0, made, NULL);
    show("told", told);

    child = sys(clone, 17, 0, 0, 0, 0);
    if (child == 0) {
        char *list[] = {argv[0], "argument", NULL}, *env[] = {"NAME=value", NULL};
        sys(execve, argv[0], list, env);
        sys(exit_group, 99);
    }
    sys(waitid, 1, child, &info, 4, NULL);
    show("status", info.status);

    struct { u64 current, maximum; } limit;
    result("prlimit", sys(prlimit64, 0, 7, NULL, &limit));
    show("files", limit.current > 0 && limit.current <= limit.maximum);
    i32 ticks[4] = {-1, -1, -1, -1};
    show("times", (u32)sys(times, ticks) != 0 && ticks[0] >= 0 && ticks[3] >= 0);
    result("getrusage", sys(getrusage, 0, &usage));
    u32 about[16];
    result("sysinfo", sys(sysinfo, about));
    show("memory", about[4] > 0 && about[13] >= 1 && about[13] <= 4096);
    u32 head[3] = {(u32)head, 0, 0};
    result("robust list", sys(set_robust_list, head, 12));
    result("robust list of another size", sys(set_robust_list, head, 24));
    u32 processors[32];
    long bytes = sys(sched_getaffinity, 0, 4, processors);
    show("affinity", bytes == 4 && processors[0] != 0);
    result("half a word", sys(sched_getaffinity, 0, 6, processors));
    return 3;
}
