// SPDX-License-Identifier: MIT
// Litmus tests under 2 to 8 threads: outcomes that the orders used forbid on every machine must not be seen.
// What is merely allowed is counted and not printed.
#include "torture.h"

enum { CASES = 512, ROUNDS = 40, MOST = 8 };

#define PUT(word, value, order) atomic_store_explicit(&(word), value, memory_order_##order)
#define GET(word, order) atomic_load_explicit(&(word), memory_order_##order)
#define FENCE(order) atomic_thread_fence(memory_order_##order)

// The words that threads share lie in lines of their own, as programs that hope for speed lay them out.
struct cell {
    _Atomic int x, pad1[15], y, pad2[15];
    int seen[4][2];
};
static struct cell cells[MOST / 2][CASES];
static pthread_barrier_t together;
// How far each thread has come, so that those of one test meet at each case.
static struct { _Atomic int at, pad[15]; } reached[MOST];

// Waits for the others, but not for long: they may have no processor.
static void meet(int first, int roles, int number, int n) {
    PUT(reached[number].at, n, release);
    for (int other = first; other < first + roles; other++) {
        for (int turns = 0; turns < 300 && GET(reached[other].at, acquire) < n; turns++) {}
    }
}

// Message passing.
static void mp(struct cell *c, int role) {
    if (role == 0) {
        PUT(c->x, 1, relaxed);
        PUT(c->y, 1, release);
    } else {
        c->seen[1][0] = GET(c->y, acquire);
        c->seen[1][1] = GET(c->x, relaxed);
    }
}
static int mp_wrong(struct cell *c) { return c->seen[1][0] == 1 && c->seen[1][1] == 0; }

// The same by fences.
static void mp_fences(struct cell *c, int role) {
    if (role == 0) {
        PUT(c->x, 1, relaxed);
        FENCE(release);
        PUT(c->y, 1, relaxed);
    } else {
        c->seen[1][0] = GET(c->y, relaxed);
        FENCE(acquire);
        c->seen[1][1] = GET(c->x, relaxed);
    }
}

// Store buffering.
static void sb(struct cell *c, int role) {
    PUT(*(role ? &c->y : &c->x), 1, relaxed);
    FENCE(seq_cst);
    c->seen[role][0] = GET(*(role ? &c->x : &c->y), relaxed);
}
static int sb_wrong(struct cell *c) { return c->seen[0][0] == 0 && c->seen[1][0] == 0; }

// The same where each access is ordered by itself: atomic swaps and ordered loads.
static void sb_swaps(struct cell *c, int role) {
    atomic_exchange(role ? &c->y : &c->x, 1);
    c->seen[role][0] = atomic_load(role ? &c->x : &c->y);
}

// Load buffering.
static void lb(struct cell *c, int role) {
    c->seen[role][0] = GET(*(role ? &c->y : &c->x), acquire);
    PUT(*(role ? &c->x : &c->y), 1, release);
}
static int lb_wrong(struct cell *c) { return c->seen[0][0] == 1 && c->seen[1][0] == 1; }

// Two threads that write two words in opposite orders: not both first writes last.
static void w2(struct cell *c, int role) {
    PUT(*(role ? &c->y : &c->x), 1, relaxed);
    FENCE(seq_cst);
    PUT(*(role ? &c->x : &c->y), 2, relaxed);
}
static int w2_wrong(struct cell *c) { return c->x == 1 && c->y == 1; }

// Independent readers see independent writes in one order.
static void iriw(struct cell *c, int role) {
    if (role < 2) {
        PUT(*(role ? &c->y : &c->x), 1, relaxed);
        return;
    }
    c->seen[role][0] = GET(*(role == 2 ? &c->x : &c->y), acquire);
    FENCE(seq_cst);
    c->seen[role][1] = GET(*(role == 2 ? &c->y : &c->x), relaxed);
}
static int iriw_wrong(struct cell *c) {
    return c->seen[2][0] == 1 && c->seen[2][1] == 0 && c->seen[3][0] == 1 && c->seen[3][1] == 0;
}

static const struct test {
    const char *name;
    int roles;
    void (*run)(struct cell *, int);
    int (*wrong)(struct cell *);
} tests[] = {
    {"MP", 2, mp, mp_wrong},          {"MP by fences", 2, mp_fences, mp_wrong},
    {"SB", 2, sb, sb_wrong},          {"SB by swaps", 2, sb_swaps, sb_wrong},
    {"LB", 2, lb, lb_wrong},          {"2+2W", 2, w2, w2_wrong},
    {"IRIW", 4, iriw, iriw_wrong},
};

struct job {
    const struct test *test;
    int number;
};

static void *work(void *arg) {
    const struct job *job = arg;
    const struct test *test = job->test;
    struct cell *mine = cells[job->number / test->roles];
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&together);
        if (job->number % test->roles == 0) {
            memset(mine, 0, sizeof cells[0]);
        }
        pthread_barrier_wait(&together);
        for (int n = 0; n < CASES; n++) {
            int first = job->number - job->number % test->roles;
            meet(first, test->roles, job->number, round * CASES + n + 1);
            test->run(&mine[n], job->number % test->roles);
        }
        pthread_barrier_wait(&together);
        for (int n = 0; n < CASES && job->number % test->roles == 0; n++) {
            HOLDS(!test->wrong(&mine[n]));
        }
    }
    return NULL;
}

static void litmus(const struct test *test, int threads) {
    pthread_t all[MOST];
    struct job jobs[MOST];
    pthread_barrier_init(&together, NULL, (unsigned)threads);
    for (int n = 0; n < threads; n++) {
        reached[n].at = 0;
        jobs[n] = (struct job){test, n};
        HOLDS(pthread_create(&all[n], NULL, work, &jobs[n]) == 0);
    }
    for (int n = 0; n < threads; n++) {
        pthread_join(all[n], NULL);
    }
    pthread_barrier_destroy(&together);
}

// Two words that one atomic operation each must keep equal, changed by loops of compare-exchange: by
// reservations where the machine has them. A store-conditional that succeeds though the word was written
// meanwhile loses a count.
static _Atomic uint32_t narrow;
static _Atomic uint64_t wide;
static void *counts(void *none) {
    for (int n = 0; n < 20000; n++) {
        uint32_t low = narrow;
        while (!atomic_compare_exchange_weak(&narrow, &low, low + 1)) {}
        uint64_t all = wide;
        while (!atomic_compare_exchange_weak(&wide, &all, (all + 0x100000001) ^ (all >> 63))) {}
    }
    return none;
}

static void contended(int threads) {
    pthread_t all[MOST];
    narrow = 0;
    wide = 0;
    for (int n = 0; n < threads; n++) {
        HOLDS(pthread_create(&all[n], NULL, counts, NULL) == 0);
    }
    for (int n = 0; n < threads; n++) {
        pthread_join(all[n], NULL);
    }
    HOLDS(narrow == (uint32_t)threads * 20000 && wide == 0x100000001 * (uint64_t)threads * 20000);
}

int main(void) {
    for (size_t n = 0; n < sizeof tests / sizeof tests[0]; n++) {
        for (int threads = tests[n].roles; threads <= MOST; threads += tests[n].roles) {
            litmus(&tests[n], threads);
        }
        SAY("%s: nothing that is forbidden", tests[n].name);
    }
    for (int threads = 2; threads <= MOST; threads *= 2) {
        contended(threads);
    }
    SAY("contended reservations: no count is lost");
    return 0;
}
