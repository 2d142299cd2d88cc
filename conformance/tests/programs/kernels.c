// Small computations that give the same 64 bits on every machine. Freestanding; `kernel` is called with
// 0, 1, 2 … by conformance/tests/rv64_programs.rs in the guest, and by `main` natively.
#include <stddef.h>
#include <stdint.h>

static uint64_t mix(uint64_t h, uint64_t v) {
    h ^= v + 0x9e3779b97f4a7c15u + (h << 6) + (h >> 2);
    return h * 0xff51afd7ed558ccdu;
}

static uint64_t state = 1;
static uint64_t any(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static __attribute__((noinline)) uint64_t fib(uint64_t n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static uint8_t flags[20000];
static uint64_t sieve(void) {
    uint64_t sum = 0;
    for (size_t i = 2; i < sizeof flags; i++) flags[i] = 1;
    for (size_t i = 2; i * i < sizeof flags; i++)
        if (flags[i])
            for (size_t j = i * i; j < sizeof flags; j += i) flags[j] = 0;
    for (size_t i = 2; i < sizeof flags; i++) sum += flags[i] * i;
    return sum;
}

static uint32_t turn(uint32_t x, int by) { return x >> by | x << (32 - by); }

// SHA-256 as FIPS 180-4 has it; the constants are the fraction bits of roots of primes, computed here.
static uint32_t fraction_of_root(uint32_t prime, int cube) {
    // The largest r with r^k <= prime * 2^(32k), bit by bit, for k = 2 or 3.
    uint64_t r = 0;
    for (int bit = 36; bit >= 0; bit--) {
        uint64_t t = r | (uint64_t)1 << bit;
        unsigned __int128 square = (unsigned __int128)t * t;
        int fits;
        if (cube) {
            // t^3 <= p * 2^96 as t^2 <= p * 2^96 / t, rounded down.
            unsigned __int128 limit = (unsigned __int128)prime << 96;
            fits = t < ((uint64_t)1 << 36) && square <= limit / t;
        } else {
            fits = square <= (unsigned __int128)prime << 64;
        }
        if (fits) r = t;
    }
    return (uint32_t)r;
}

static uint64_t sha256(void) {
    uint32_t k[64], h[8], w[64];
    int found = 0;
    for (uint32_t n = 2; found < 64; n++) {
        int prime = 1;
        for (uint32_t d = 2; d * d <= n; d++) prime &= n % d != 0;
        if (!prime) continue;
        if (found < 8) h[found] = fraction_of_root(n, 0);
        k[found++] = fraction_of_root(n, 1);
    }
    for (int block = 0; block < 40; block++) {
        for (int i = 0; i < 16; i++) w[i] = (uint32_t)any();
        for (int i = 16; i < 64; i++) {
            uint32_t a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
            uint32_t b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
            w[i] = w[i - 16] + a + w[i - 7] + b;
        }
        uint32_t s[8];
        for (int i = 0; i < 8; i++) s[i] = h[i];
        for (int i = 0; i < 64; i++) {
            uint32_t e = turn(s[4], 6) ^ turn(s[4], 11) ^ turn(s[4], 25);
            uint32_t t1 = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + k[i] + w[i];
            uint32_t a = turn(s[0], 2) ^ turn(s[0], 13) ^ turn(s[0], 22);
            uint32_t t2 = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
            for (int j = 7; j > 0; j--) s[j] = s[j - 1];
            s[4] += t1;
            s[0] = t1 + t2;
        }
        for (int i = 0; i < 8; i++) h[i] += s[i];
    }
    uint64_t all = k[63];
    for (int i = 0; i < 8; i++) all = mix(all, h[i]);
    return all;
}

static uint64_t bits_of(double d) {
    union { double d; uint64_t u; } v = { .d = d };
    // The sign and payload of a NaN made by an operation differ between machines.
    return d != d ? 1 : v.u;
}
static uint64_t bits_of_single(float f) {
    union { float f; uint32_t u; } v = { .f = f };
    return f != f ? 1 : v.u;
}

static uint64_t floats(void) {
    uint64_t h = 0;
    double sum = 0, product = 1;
    float single = 1;
    for (int i = 1; i < 4000; i++) {
        double x = (double)(int64_t)any() / 3.0e15, y = (double)(uint32_t)any();
        sum += x / (y + 0.1);
        product *= 1.0 + x * 1e-5;
        if (!(product < 1e300 && product > -1e300)) product = y;
        single = single * 0.75f + (float)x;
        single += __builtin_sqrtf((float)y);
        h = mix(h, bits_of(sum) ^ bits_of(product) ^ bits_of(__builtin_sqrt(y * 1e-310)));
        h = mix(h, bits_of_single(single) + (uint64_t)(int64_t)(x * 1000.0) + (uint32_t)(int32_t)single);
        h = mix(h, (x < y) + 2 * (sum >= product) + 4 * ((float)x == single));
    }
    return h;
}

static uint64_t fused(void) {
    uint64_t h = 0;
    double a = 1.0 / 3.0;
    float b = 0.1f;
    for (int i = 1; i < 2000; i++) {
        double x = (double)any() / 1.8446744073709552e19;
        a = __builtin_fma(a, x, 0.5 - x);
        b = __builtin_fmaf(b, (float)x, -(float)a);
        h = mix(h, bits_of(a) + bits_of_single(b));
    }
    return h;
}

static uint64_t cell64;
static uint32_t cell32;
static uint64_t atomics(void) {
    uint64_t h = 0;
    for (int i = 0; i < 3000; i++) {
        uint64_t v = any();
        h = mix(h, __atomic_fetch_add(&cell64, v, __ATOMIC_SEQ_CST));
        h = mix(h, __atomic_fetch_xor(&cell32, (uint32_t)v, __ATOMIC_ACQ_REL));
        h = mix(h, __atomic_fetch_and(&cell64, v | 0xff00ff, __ATOMIC_RELAXED));
        h = mix(h, __atomic_fetch_or(&cell32, (uint32_t)v & 0xf0f, __ATOMIC_RELEASE));
        h = mix(h, __atomic_exchange_n(&cell32, (uint32_t)h, __ATOMIC_ACQUIRE));
        uint64_t seen = i % 3 ? cell64 : v;
        h = mix(h, __atomic_compare_exchange_n(&cell64, &seen, h, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
        h = mix(h, seen);
    }
    return h;
}

// A byte-code machine: a jump table and indirect jumps.
static uint64_t bytecode(void) {
    uint8_t code[256];
    uint64_t r[4] = { 1, 2, 3, 4 };
    for (size_t i = 0; i < sizeof code; i++) code[i] = (uint8_t)(any() >> 5);
    uint8_t pc = 0;
    for (int i = 0; i < 30000; i++) {
        uint8_t op = code[pc++];
        uint64_t *a = &r[op >> 4 & 3], b = r[op >> 6];
        switch (op & 15) {
        case 0: *a += b; break;
        case 1: *a -= b; break;
        case 2: *a *= b | 1; break;
        case 3: *a = b ? *a / b : ~(uint64_t)0; break;
        case 4: *a = b ? *a % b : *a; break;
        case 5: *a ^= b; break;
        case 6: *a = *a << (b & 63) | *a >> (-b & 63); break;
        case 7: *a = (uint64_t)((int64_t)*a >> (b & 63)); break;
        case 8: *a = (uint64_t)(((unsigned __int128)*a * b) >> 64); break;
        case 9: *a = (uint64_t)(((__int128)(int64_t)*a * (int64_t)b) >> 64); break;
        case 10: *a = (uint64_t)(int64_t)(int32_t)(*a + b); break;
        case 11: if ((int64_t)*a < (int64_t)b) pc += op; break;
        case 12: if (*a > b) pc ^= (uint8_t)b; break;
        case 13: code[(uint8_t)b] = (uint8_t)*a; break;
        case 14: *a = mix(*a, code[(uint8_t)b]); break;
        default: *a = any(); break;
        }
    }
    return mix(mix(r[0], r[1]), mix(r[2], r[3]));
}

static uint64_t bits(void) {
    uint64_t h = 0;
    for (int i = 0; i < 3000; i++) {
        uint64_t v = any() | 1;
        h = mix(h, (uint64_t)__builtin_clzl(v) + (uint64_t)__builtin_ctzl(v << (v & 31)) * 64);
        h = mix(h, (uint64_t)__builtin_popcountl(v) + __builtin_bswap64(v));
        h = mix(h, (v & ~h) + ((v >> 1 & 63) > 31 ? v : h) + ((uint64_t)(uint32_t)v << 3) + (uint64_t)(int16_t)v);
        h = mix(h, v / ((h >> 40) + 1) + (uint64_t)((int64_t)h % (int64_t)((v >> 33) + 1)));
    }
    return h;
}

struct packed { uint8_t a; uint16_t b; uint32_t c; uint64_t d; double e; } __attribute__((packed));
static struct packed rows[64];
static uint64_t unaligned(void) {
    uint64_t h = 0;
    for (int i = 0; i < 4000; i++) {
        struct packed *p = &rows[any() % 64];
        p->a += 1;
        p->b ^= (uint16_t)any();
        p->c += p->b * 3u;
        p->d ^= (uint64_t)p->c << 17 | p->a;
        p->e += (double)p->b;
        h = mix(h, p->d + p->c + bits_of(p->e));
    }
    return h;
}

uint64_t kernel(uint64_t which) {
    state = 88172645463325252u + which;
    switch (which) {
    case 0: return fib(18);
    case 1: return sieve();
    case 2: return sha256();
    case 3: return floats();
    case 4: return fused();
    case 5: return atomics();
    case 6: return bytecode();
    case 7: return bits();
    case 8: return unaligned();
    default: return 0;
    }
}

#ifdef __riscv
__asm__(".globl _start\n_start:\n call kernel\n ecall\n");
#else
#include <stdio.h>
int main(void) {
    for (uint64_t which = 0; which < 9; which++) printf("%llx\n", (unsigned long long)kernel(which));
}
#endif
