// SPDX-License-Identifier: MIT
// A computation with floating point and recursion in a storm of timer signals: nothing may change but the time.
#include "torture.h"
#include <sys/time.h>

static volatile sig_atomic_t ticks;
static volatile double noise = 1.5;

static void tick(int number, siginfo_t *info, void *context) {
    (void)number, (void)info, (void)context;
    // Registers of both files are used, so that a restore that forgets one is seen.
    double room[8];
    for (int n = 0; n < 8; n++) room[n] = noise * n + 1 / (noise + n);
    noise = room[ticks % 8] > 1e9 ? 1.5 : noise + 1e-9;
    ticks++;
}

static unsigned long fib(unsigned n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }

static unsigned long work(void) {
    double sum = 0;
    unsigned long mixed = 88172645463325252ul;
    for (int n = 1; n < 60000; n++) {
        sum += 1.0 / n * (n % 3 - 1);
        mixed ^= mixed << 13;
        mixed ^= mixed >> 7;
        mixed ^= mixed << 17;
    }
    unsigned long bits;
    memcpy(&bits, &sum, sizeof bits);
    return bits ^ mixed ^ fib(18);
}

int main(void) {
    unsigned long calm = work();
    handle(SIGALRM, tick, SA_RESTART);
    handle(SIGPROF, tick, SA_RESTART);
    struct itimerval often = {{0, 500}, {0, 500}};
    HOLDS(setitimer(ITIMER_REAL, &often, NULL) == 0 && setitimer(ITIMER_PROF, &often, NULL) == 0);
    int rounds = 0, wrong = 0;
    while (ticks < 200) {
        if (work() != calm) wrong++;
        rounds++;
        char *word = malloc(rounds % 1000 + 1);
        memset(word, 1, rounds % 1000 + 1);
        free(word);
    }
    struct itimerval never = {0};
    setitimer(ITIMER_REAL, &never, NULL);
    setitimer(ITIMER_PROF, &never, NULL);
    SAY("worked %#lx", calm);
    SAY("a storm: %d, wrong %d", ticks >= 200, wrong);
}
