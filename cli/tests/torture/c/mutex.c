// SPDX-License-Identifier: MIT
// Mutexes of every type, contended and alone.
#include "torture.h"

enum { THREADS = 8, ROUNDS = 20000 };

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_mutex_t checked = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP;
static pthread_mutex_t adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP;
static long counters[4];

static void *adds(void *word) {
    (void)word;
    pthread_mutex_t *all[] = {&plain, &recursive, &checked, &adaptive};
    for (int round = 0; round < ROUNDS; round++) {
        int which = round % 4;
        HOLDS(pthread_mutex_lock(all[which]) == 0);
        counters[which]++;
        HOLDS(pthread_mutex_unlock(all[which]) == 0);
    }
    return NULL;
}

static void *tries(void *lock) {
    struct timespec soon = in_ms(CLOCK_REALTIME, 20);
    struct timespec later = in_ms(CLOCK_MONOTONIC, 20);
    SAY("another: trylock %s", answer(pthread_mutex_trylock(lock)));
    SAY("another: timedlock %s", answer(pthread_mutex_timedlock(lock, &soon)));
    SAY("another: clocklock %s", answer(pthread_mutex_clocklock(lock, CLOCK_MONOTONIC, &later)));
    SAY("another: unlock of a checked one %s", answer(pthread_mutex_unlock(lock)));
    return NULL;
}

// Eight threads hand a token round, each waiting for its turn under one mutex.
static int turn;
static void *takes_turns(void *word) {
    int me = (int)(intptr_t)word;
    for (int round = 0; round < 50;) {
        pthread_mutex_lock(&plain);
        if (turn % THREADS == me) {
            turn++;
            round++;
        }
        pthread_mutex_unlock(&plain);
        sched_yield();
    }
    return NULL;
}

int main(void) {
    pthread_t threads[THREADS];
    for (int n = 0; n < THREADS; n++) threads[n] = start(adds, NULL);
    for (int n = 0; n < THREADS; n++) join(threads[n]);
    SAY("counted %ld %ld %ld %ld", counters[0], counters[1], counters[2], counters[3]);

    HOLDS(pthread_mutex_lock(&recursive) == 0 && pthread_mutex_lock(&recursive) == 0);
    HOLDS(pthread_mutex_unlock(&recursive) == 0 && pthread_mutex_unlock(&recursive) == 0);
    HOLDS(pthread_mutex_lock(&checked) == 0);
    SAY("checked twice: %s", answer(pthread_mutex_lock(&checked)));
    join(start(tries, &checked));
    HOLDS(pthread_mutex_unlock(&checked) == 0);
    SAY("checked, not held: %s", answer(pthread_mutex_unlock(&checked)));
    for (intptr_t n = 0; n < THREADS; n++) threads[n] = start(takes_turns, (void *)n);
    for (int n = 0; n < THREADS; n++) join(threads[n]);
    SAY("turns %d", turn);
}
