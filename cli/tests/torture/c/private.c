// SPDX-License-Identifier: MIT
// Atomic accesses by one thread, and by the same code when threads and processes join in.
#include "torture.h"

enum { ALONE = 20000, ROUNDS = 30000, MANY = 4 };

struct counters {
    long added, swapped, compared, mask, parity;
    unsigned word;
    int half;
};

// What a worker put into `swapped` less what it took out.
static long hammer(struct counters *c, int me, int rounds) {
    long bit = 1L << me, balance = 0;
    for (int n = 1; n <= rounds; n++) {
        __atomic_fetch_add(&c->added, 3, __ATOMIC_SEQ_CST);
        HOLDS(__atomic_add_fetch(&c->word, 1, __ATOMIC_RELAXED) != 0);
        __atomic_sub_fetch(&c->half, 1, __ATOMIC_ACQ_REL);
        balance += n - __atomic_exchange_n(&c->swapped, n, __ATOMIC_SEQ_CST);
        long seen = __atomic_load_n(&c->compared, __ATOMIC_RELAXED);
        while (!__atomic_compare_exchange_n(&c->compared, &seen, seen + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            ;
        HOLDS(!(__atomic_fetch_or(&c->mask, bit, __ATOMIC_SEQ_CST) & bit));
        HOLDS(__atomic_fetch_and(&c->mask, ~bit, __ATOMIC_SEQ_CST) & bit);
        __atomic_fetch_xor(&c->parity, bit, __ATOMIC_SEQ_CST);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
    }
    return balance;
}

static void show(const char *who, struct counters *c, long balance) {
    printf("%s: %ld %u %d %ld %ld %ld %d\n", who, c->added, c->word, c->half, c->compared, c->mask, c->parity,
           balance == c->swapped);
    fflush(stdout);
}

static struct counters counters;

static void *worker(void *me) {
    return (void *)hammer(&counters, (int)(long)me, ROUNDS);
}

static void threads(void) {
    long balance = hammer(&counters, 0, ALONE);
    show("one thread", &counters, balance);
    pthread_t others[MANY];
    for (long me = 0; me < MANY; me++) HOLDS(pthread_create(&others[me], NULL, worker, (void *)(me + 1)) == 0);
    balance += hammer(&counters, 0, ROUNDS);
    for (int n = 0; n < MANY; n++) {
        void *part;
        HOLDS(pthread_join(others[n], &part) == 0);
        balance += (long)part;
    }
    show("many threads", &counters, balance);
}

// The mapping may be written only later, when the code for it is warm.
static void processes(void) {
    struct room { struct counters counters; long balance; } *room;
    room = mmap(NULL, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    HOLDS(room != MAP_FAILED);
    long balance = hammer(&counters, 0, ALONE);
    show("one process", &counters, balance);
    HOLDS(mprotect(room, 4096, PROT_READ | PROT_WRITE) == 0);
    for (int me = 1; me <= MANY; me++)
        if (fork() == 0) {
            long part = hammer(&room->counters, me, ROUNDS);
            __atomic_fetch_add(&room->balance, part, __ATOMIC_SEQ_CST);
            _exit(0);
        }
    balance = hammer(&room->counters, 0, ROUNDS);
    for (int n = 0, status; n < MANY; n++) HOLDS(wait(&status) > 0 && status == 0);
    show("many processes", &room->counters, balance + room->balance);
}

int main(void) {
    pid_t child = fork();
    if (child == 0) {
        threads();
        return 0;
    }
    int status;
    HOLDS(waitpid(child, &status, 0) == child && status == 0);
    processes();
    return 0;
}
