/* A start and a few helpers for riscv32 programs without a C library. */
typedef unsigned int u32;
typedef int i32;
typedef unsigned long long u64;
typedef long long i64;
typedef unsigned char u8;

#define NULL ((void *)0)
#define AT_FDCWD (-100)

__asm__(".globl _start\n_start:\n.option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
        "mv a0, sp\nandi sp, sp, -16\ncall begin\n");

static long call6(long n, long a, long b, long c, long d, long e, long f) {
    register long a7 __asm__("a7") = n, a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c,
                  a3 __asm__("a3") = d, a4 __asm__("a4") = e, a5 __asm__("a5") = f;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
    return a0;
}
#define PICK(_0, _1, _2, _3, _4, _5, _6, N, ...) N
#define C0(n) call6(n, 0, 0, 0, 0, 0, 0)
#define C1(n, a) call6(n, (long)(a), 0, 0, 0, 0, 0)
#define C2(n, a, b) call6(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define C3(n, a, b, c) call6(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define C4(n, a, b, c, d) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define C5(n, a, b, c, d, e) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define C6(n, a, b, c, d, e, f) call6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define sys(...) PICK(__VA_ARGS__, C6, C5, C4, C3, C2, C1, C0)(__VA_ARGS__)
#define LOW(x) ((u32)(u64)(x))
#define HIGH(x) ((u32)((u64)(x) >> 32))

/* asm-generic numbers */
enum {
    getcwd = 17, eventfd2 = 19, epoll_create1 = 20, epoll_ctl = 21, epoll_pwait = 22, dup3 = 24, fcntl64 = 25,
    mkdirat = 34, unlinkat = 35, statfs64 = 43, truncate64 = 45, ftruncate64 = 46, fallocate = 47, openat = 56,
    close = 57, pipe2 = 59, getdents64 = 61, llseek = 62, read = 63, write = 64, readv = 65, writev = 66,
    pread64 = 67, pwrite64 = 68, preadv = 69, sendfile64 = 71, fstat = 80, exit_ = 93, exit_group = 94,
    waitid = 95, set_tid_address = 96, set_robust_list = 99, getitimer = 102, setitimer = 103, clock_gettime = 113,
    sched_getaffinity = 123, kill = 129, sigaltstack = 132, rt_sigaction = 134, rt_sigprocmask = 135,
    rt_sigpending = 136, rt_sigqueueinfo = 138, rt_sigreturn = 139, times = 153, uname = 160, getrlimit = 163,
    getrusage = 165, getpid = 172, getppid = 173, gettid = 178, sysinfo = 179, brk = 214, munmap = 215, clone = 220,
    execve = 221, mmap2 = 222, fadvise64_64 = 223, mprotect = 226, wait4 = 260, prlimit64 = 261, statx = 291,
    clock_gettime64 = 403, clock_getres64 = 406, clock_nanosleep64 = 407, utimensat64 = 412, pselect6_64 = 413,
    ppoll64 = 414, rt_sigtimedwait64 = 421, futex64 = 422,
};

void *memset(void *to, int value, u32 count) {
    for (volatile u8 *p = to; count--;)
        *p++ = value;
    return to;
}
void *memcpy(void *to, const void *from, u32 count) {
    volatile u8 *t = to;
    for (const u8 *f = from; count--;)
        *t++ = *f++;
    return to;
}
static u32 length(const char *s) {
    u32 n = 0;
    while (s[n])
        n++;
    return n;
}
static int same(const char *a, const char *b) {
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}
static void put(const char *s) { sys(write, 1, s, length(s)); }
static void hex(u64 v) {
    char text[19] = "0x", *p = text + 2;
    int seen = 0;
    for (int shift = 60; shift >= 0; shift -= 4) {
        int digit = v >> shift & 15;
        if (digit || seen || shift == 0)
            seen = 1, *p++ = "0123456789abcdef"[digit];
    }
    *p = 0;
    put(text);
}
/* A line: a name, and numbers. */
static void show(const char *name, u64 v) { put(name), put(" "), hex(v), put("\n"); }
static void show2(const char *name, u64 v, u64 w) { put(name), put(" "), hex(v), put(" "), hex(w), put("\n"); }
static void result(const char *name, long v) {
    put(name), put(v < 0 && v > -4096 ? " error " : " "), hex(v < 0 && v > -4096 ? (u32)-v : (u32)v), put("\n");
}

int run(int argc, char **argv, char **envp, u32 *auxv);
__attribute__((used)) void begin(u32 *stack) {
    char **argv = (char **)(stack + 1), **envp = argv + stack[0] + 1, **end = envp;
    while (*end)
        end++;
    sys(exit_group, run(stack[0], argv, envp, (u32 *)(end + 1)));
}
