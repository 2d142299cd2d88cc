// SPDX-License-Identifier: MIT
// A word that another thread changes and changes back between a load-reserved and its store-conditional: the
// store must fail. On a machine that is no RISC-V the same lines are printed without any of that.
#include "torture.h"

enum { ROUNDS = 40, MOST = 8 };

static _Atomic uint64_t word, stage;
static _Atomic int ends;

#ifdef __riscv
// Whether the store-conditional succeeded though its thread waited for stage 2 in between.
static int stored_after_waiting(void) {
    uint64_t found, failed, seen;
    asm volatile("lr.d.aqrl %0, (%3)\n"
                 "sd %5, (%4)\n"
                 "1: ld %2, (%4)\n"
                 "bne %2, %6, 1b\n"
                 "sc.d.aqrl %1, %7, (%3)"
                 : "=&r"(found), "=&r"(failed), "=&r"(seen)
                 : "r"(&word), "r"(&stage), "r"((uint64_t)1), "r"((uint64_t)2), "r"((uint64_t)77)
                 : "memory");
    return !failed;
}

// The same within the instructions of a constrained loop and as the program's only thread.
static int stored_at_once(void) {
    uint64_t found, failed;
    asm volatile("lr.d.aqrl %0, (%2)\nsc.d.aqrl %1, %3, (%2)"
                 : "=&r"(found), "=&r"(failed)
                 : "r"(&word), "r"((uint64_t)5)
                 : "memory");
    return !failed;
}

// A system call lies in between.
static int stored_after_call(void) {
    uint64_t failed;
    register long number asm("a7") = 178, tid asm("a0") = 0;
    asm volatile("lr.d.aqrl t0, (%2)\necall\nsc.d.aqrl %0, zero, (%2)"
                 : "=&r"(failed), "+r"(tid)
                 : "r"(&word), "r"(number)
                 : "t0", "memory");
    return !failed;
}

// No reservation, or another address's.
static int stored_unreserved(void) {
    uint64_t failed, other = 0, also;
    asm volatile("sc.d %0, zero, (%3)\n"
                 "lr.d t0, (%2)\n"
                 "sc.d %1, zero, (%3)"
                 : "=&r"(failed), "=&r"(also)
                 : "r"(&other), "r"(&word)
                 : "t0", "memory");
    return !failed || !also;
}
#else
static int stored_after_waiting(void) {
    stage = 1;
    while (stage != 2) {}
    return 0;
}
static int stored_at_once(void) { return 1; }
static int stored_after_call(void) { return 0; }
static int stored_unreserved(void) { return 0; }
#endif

static void *changes_and_changes_back(void *none) {
    for (int round = 0; round < ROUNDS; round++) {
        while (stage != 1) {}
        // By a plain store and by an atomic operation.
        word = 8;
        if (round % 2) word = 7;
        else atomic_fetch_sub(&word, 1);
        stage = 2;
    }
    return none;
}

// Threads that only keep a processor busy.
static void *turns(void *none) {
    while (!ends) {}
    return none;
}

static const char *sentence(int stored) { return stored ? "stores" : "stores nothing"; }

int main(void) {
    HOLDS(stored_at_once());
    SAY("the only thread: a reservation before a call %s", sentence(stored_after_call()));
    for (int threads = 2; threads <= MOST; threads *= 2) {
        pthread_t others[MOST], other;
        int stored = 0;
        ends = 0;
        for (int n = 2; n < threads; n++) others[n] = start(turns, NULL);
        stage = 0;
        other = start(changes_and_changes_back, NULL);
        for (int round = 0; round < ROUNDS; round++) {
            word = 7;
            stage = 0;
            stored += stored_after_waiting();
        }
        join(other);
        HOLDS(!stored_unreserved());
        // A loop as programs have it gets on among threads that never rest.
        for (int n = 0; n < ROUNDS; n++) {
            while (!stored_at_once()) {}
        }
        SAY("%d threads: a reservation before a change %s", threads, sentence(stored == ROUNDS));
        HOLDS(stored == 0 || stored == ROUNDS);
        SAY("%d threads: a reservation before a call %s", threads, sentence(stored_after_call()));
        ends = 1;
        for (int n = 2; n < threads; n++) join(others[n]);
    }
    return 0;
}
