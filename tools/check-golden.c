/*
 * Runs single RISC-V instructions from given states and reports the states after them.
 *
 * check-golden compiles this freestanding, for 64- and for 32-bit registers, and runs it under QEMU's user
 * mode. Each record read from standard input is a struct before, each record written a struct after. Every
 * page of code is filled with c.ebreak, so that an instruction that succeeds is stopped by SIGTRAP at the
 * next, and one that jumps out of the page by SIGSEGV at its target.
 */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long word;

enum { LOW = 0x2000, SIZE = 0x2000, PAGE = 0x1000, JUMP = 0x30000, BYTES = 256 };

struct before {
    u64 x[32], f[32], pc, fcsr, code, len;
    u64 reserved, reserved_value, reserved_width; /* width 0: nothing is reserved */
    u64 count;
    struct { u64 at, value; } bytes[BYTES];
};
struct after {
    u64 x[32], f[32], pc, fcsr, signal, code, address;
    u8 memory[SIZE];
};

/* As Linux lays them out; kernel headers for the target need not be installed. */
struct siginfo { int signo, error, code; word address; };
struct context {
    word flags, link, stack[3];
    u8 mask[128];
    struct { word x[32]; u64 f[32]; u32 fcsr; } m __attribute__((aligned(16)));
};

static struct before in;
static struct after out;
word start[33]; /* what the assembly below loads */
u64 start_f[32];
word start_fcsr, kept[16];
static u8 handler_stack[32768] __attribute__((aligned(16)));

/* Saves what C needs, loads the state and leaves; `resume` comes back with what C needs. */
extern void leave(void);
extern char resume[];
#ifdef __LP64__
#define L "ld "
#define S "sd "
#define W "8"
#else
#define L "lw "
#define S "sw "
#define W "4"
#endif
#define X(n) L "x" #n ", " #n "*" W "(x31)\n"
#define F(n) "fld f" #n ", " #n "*8(x31)\n"
#define KEPT(op) op "ra,0*" W "(t0)\n" op "sp,1*" W "(t0)\n" op "gp,2*" W "(t0)\n" op "tp,3*" W "(t0)\n" \
    op "s0,4*" W "(t0)\n" op "s1,5*" W "(t0)\n" op "s2,6*" W "(t0)\n" op "s3,7*" W "(t0)\n" op "s4,8*" W "(t0)\n" \
    op "s5,9*" W "(t0)\n" op "s6,10*" W "(t0)\n" op "s7,11*" W "(t0)\n" op "s8,12*" W "(t0)\n" op "s9,13*" W "(t0)\n" \
    op "s10,14*" W "(t0)\n" op "s11,15*" W "(t0)\n"
__asm__(".option push\n.option norelax\n.option norvc\n"
    "leave: lla t0, kept\n" KEPT(S)
    "lla t0, start_fcsr\n" L "t0, (t0)\n fscsr t0\n"
    "lla x31, start_f\n"
    F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) F(16) F(17) F(18)
    F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)
    "lla x31, start\n"
    X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19)
    X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
    "j jump_page\n" /* JUMP, where the jump to the instruction is written */
    "resume: lla t0, kept\n" KEPT(L)
    "ret\n"
    ".option pop\n"
    ".globl _start\n_start: andi sp, sp, -16\n call run\n");

static word call(word n, word a, word b, word c, word d, word e, word f)
{
    register word a0 __asm__("a0") = a, a1 __asm__("a1") = b, a2 __asm__("a2") = c, a3 __asm__("a3") = d,
        a4 __asm__("a4") = e, a5 __asm__("a5") = f, a7 __asm__("a7") = n;
    __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5), "r"(a7) : "memory");
    return a0;
}
static int transfer(int n, int fd, void *data, word size)
{
    u8 *p = data;
    while (size) {
        long got = (long)call(n, fd, (word)p, size, 0, 0, 0);
        if (got <= 0) return 0;
        p += got;
        size -= got;
    }
    return 1;
}
static void fail(int code) { call(94, code, 0, 0, 0, 0, 0); }
static void map(word at, word size, int rights)
{
    /* 0x32: private, fixed, anonymous. */
    if (call(222, at, size, rights, 0x32, -1, 0) != at) fail(3);
}
static void copy(void *to, const void *from, word size)
{
    u8 *t = to;
    const u8 *f = from;
    while (size--) *t++ = *f++;
}

static void handler(int signal, struct siginfo *info, struct context *c)
{
    for (int i = 1; i < 32; i++) out.x[i] = c->m.x[i];
    out.pc = c->m.x[0];
    for (int i = 0; i < 32; i++) out.f[i] = c->m.f[i];
    out.fcsr = c->m.fcsr;
    out.signal = signal;
    out.code = info->code;
    out.address = info->address;
    c->m.x[0] = (word)resume;
}

static void prepare(void)
{
    word page = in.pc & ~(word)(PAGE - 1);
    map(LOW, SIZE, 3);
    map(page, PAGE, 3);
    for (word i = 0; i < PAGE; i += 2) { ((u8 *)page)[i] = 2; ((u8 *)page)[i + 1] = 0x90; }
    copy((void *)(word)in.pc, &in.code, in.len);
    call(226, page, PAGE, 5, 0, 0, 0);
    u32 far = in.pc - JUMP;
    *(u32 *)JUMP = 0x6f | (far >> 20 & 1) << 31 | (far >> 1 & 0x3ff) << 21 | (far >> 11 & 1) << 20
        | (far >> 12 & 0xff) << 12;
    __asm__ volatile("fence.i");
    for (int i = 0; i < 32; i++) { start[i] = in.x[i]; start_f[i] = in.f[i]; }
    start_fcsr = in.fcsr;
    u8 *value = (u8 *)&in.reserved_value;
    if (in.reserved_width) copy((void *)(word)in.reserved, value, in.reserved_width);
    word got;
    if (in.reserved_width == 4) __asm__ volatile("lr.w %0, (%1)" : "=r"(got) : "r"((word)in.reserved));
#ifdef __LP64__
    if (in.reserved_width == 8) __asm__ volatile("lr.d %0, (%1)" : "=r"(got) : "r"((word)in.reserved));
#endif
    for (word i = 0; i < SIZE; i++) ((volatile u8 *)LOW)[i] = 0;
    for (word i = 0; i < in.count; i++) *(volatile u8 *)(word)in.bytes[i].at = in.bytes[i].value;
}

void run(void)
{
    struct { void *handler; word flags, mask[2]; } action = { handler, 0x08000004, { 0, 0 } };
    struct { void *at; int flags; word size; } stack = { handler_stack, 0, sizeof handler_stack };
    call(132, (word)&stack, 0, 0, 0, 0, 0);
    static const int signals[] = { 4, 5, 7, 8, 11 };
    for (int i = 0; i < 5; i++)
        if (call(134, signals[i], (word)&action, 0, 8, 0, 0)) fail(4);
    map(JUMP, PAGE, 7);
    while (transfer(63, 0, &in, sizeof in)) {
        prepare();
        leave();
        copy(out.memory, (void *)LOW, SIZE);
        call(215, in.pc & ~(word)(PAGE - 1), PAGE, 0, 0, 0, 0);
        if (!transfer(64, 1, &out, sizeof out)) fail(5);
    }
    fail(0);
}
