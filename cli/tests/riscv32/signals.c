/* Signals: what a handler finds in siginfo and context, masks, the alternate stack, waiting. */
#include "start.h"

struct info {
    i32 signo, error, code;
    union {
        u32 addr;
        struct { i32 pid; u32 uid; u32 value; } sent;
        struct { i32 pid; u32 uid; i32 status; i32 utime, stime; } child;
        u8 room[116];
    };
};
struct context {
    u32 flags, link;
    struct { u32 sp; i32 flags; u32 size; } stack;
    u32 mask[2];
    u8 unused[120];
    u32 regs[32] __attribute__((aligned(16)));
    u64 f[32];
    u32 fcsr;
};
struct action {
    void (*handler)(int, struct info *, struct context *);
    u32 flags, mask[2];
};

static volatile u32 seen;
static u8 *other;

static void faulted(int signal, struct info *info, struct context *context) {
    show2("fault", signal, info->code);
    show("address", info->addr);
    show("s1", context->regs[9]);
    show("on the other stack", (u8 *)&signal >= other && (u8 *)&signal < other + 16384);
    show("aligned", (u32)info % 16);
    context->regs[0] += 4;
    context->regs[9] = 0xfeed;
    *(double *)&context->f[8] += 0.5;
}

static void counted(int signal, struct info *info, struct context *context) {
    seen = seen * 16 + signal % 16;
    show2("handler", signal, info->code);
    show("value", info->sent.value);
    show2("from", info->sent.pid == sys(getpid), info->sent.uid == (u32)sys(174));
    show2("mask", context->mask[0], context->mask[1]);
}

static void on(int signal, void *handler, u32 flags) {
    struct action action = {handler, flags | 4, {0, 0}}, old;
    result("sigaction", sys(rt_sigaction, signal, &action, NULL, 8));
    sys(rt_sigaction, signal, NULL, &old, 8);
    if (old.handler != handler || old.flags != (flags | 4))
        put("the action was not kept\n");
}

int run(int argc, char **argv, char **envp, u32 *auxv) {
    other = (u8 *)sys(mmap2, 0, 16384, 3, 0x22, -1, 0);
    struct { void *sp; i32 flags; u32 size; } stack = {other, 0, 16384}, old;
    result("sigaltstack", sys(sigaltstack, &stack, NULL));
    sys(sigaltstack, NULL, &old);
    show2("kept", old.sp == other, old.size);
    on(11, faulted, 0x08000000);
    register u32 s1 __asm__("s1") = 0xbeef;
    register double fs0 __asm__("fs0") = 1.25;
    __asm__ volatile(".option push\n.option norvc\nlui t0, 0x91234\nlw zero, 8(t0)\n.option pop" : "+r"(s1), "+f"(fs0) : : "t0", "memory");
    show("s1 after it", s1);
    show("fs0 after it", (u32)(i32)(fs0 * 4));

    on(10, counted, 0);
    on(34, counted, 0);
    u32 block[2] = {1 << 9, 1 << 1}, before[2], pending[2];
    result("block", sys(rt_sigprocmask, 0, block, before, 8));
    sys(kill, sys(getpid), 10);
    sys(rt_sigpending, pending, 8);
    show2("pending", pending[0], pending[1]);
    result("send", sys(kill, sys(getpid), 34));
    result("pending", sys(rt_sigpending, pending, 8));
    show2("set", pending[0], pending[1]);
    show("seen", seen);
    u32 one[2] = {0, 1 << 1};
    struct info info;
    i64 soon[2] = {0, 1000};
    result("sigtimedwait", sys(rt_sigtimedwait64, one, &info, soon, 8));
    show2("info", info.code, info.sent.value);
    result("again", sys(rt_sigtimedwait64, one, &info, soon, 8));
    result("unblock", sys(rt_sigprocmask, 1, block, NULL, 8));
    show("seen", seen);
    result("wrong size", sys(rt_sigprocmask, 1, block, NULL, 4));
    return 0;
}
