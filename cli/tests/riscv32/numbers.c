/* Arithmetic of 32-bit registers, floating point with doubles in one register, atomic accesses. */
#include "start.h"

static volatile double half = 0.5;
static volatile float third = 1.0f / 3;

int run(int argc, char **argv, char **envp, u32 *auxv) {
    u32 hash = 2166136261u;
    for (u32 n = 0; n < 100000; n++)
        hash = (hash ^ (n & 0xff)) * 16777619u + (hash >> 7) % 1000003u;
    show("hash", hash);
    u64 wide = 0x123456789abcdefull;
    for (int n = 0; n < 100; n++)
        wide = wide * 6364136223846793005ull + 1442695040888963407ull;
    show("wide", wide);
    double sum = 0;
    for (int n = 1; n < 1000; n++)
        sum += half / n * (n % 2 ? 1 : -1);
    union { double d; u64 u; } bits = {sum};
    show("sum", bits.u);
    union { float f; u32 u; } narrow = {third * 7.25f - (float)sum};
    show("narrow", narrow.u);
    show("to integer", (u32)(i32)(sum * -1e6));
    show("to unsigned", (u32)(half * 8e9 - 1e9));
    double root;
    __asm__("fsqrt.d %0, %1" : "=f"(root) : "f"(2.0));
    bits.d = root;
    show("root", bits.u);
    static u32 count = 0x7ffffff0;
    for (int n = 0; n < 32; n++)
        __atomic_fetch_add(&count, 1, __ATOMIC_SEQ_CST);
    show("count", count);
    u32 old = __atomic_exchange_n(&count, 0x80000000, __ATOMIC_SEQ_CST), wanted = 0x80000000;
    show2("exchanged", old, count);
    show("compared", __atomic_compare_exchange_n(&count, &wanted, 5, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    i32 most;
    __asm__ volatile("amomax.w %0, %2, %1" : "=r"(most), "+A"(count) : "r"(-9) : "memory");
    show2("maximum", most, count);
    u32 low, high, again;
    __asm__ volatile("1: rdcycleh %0\nrdcycle %1\nrdcycleh %2\nbne %0, %2, 1b" : "=&r"(high), "=&r"(low), "=&r"(again));
    show("counts", low | high ? 1 : 0);
    return 0;
}
