// SPDX-License-Identifier: MIT
// Barriers, reader-writer locks, once, spin locks, semaphores.
#include "torture.h"
#include <semaphore.h>

enum { THREADS = 6, ROUNDS = 200 };

static pthread_barrier_t barrier;
static atomic_int serial, arrived, wrong;

static void *meets(void *word) {
    for (int round = 1; round <= ROUNDS; round++) {
        atomic_fetch_add(&arrived, 1);
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD) serial++;
        if (arrived < round * THREADS) wrong++;
        pthread_barrier_wait(&barrier);
    }
    return word;
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static long first, second;
static atomic_int readers, most;

static void *reads(void *word) {
    for (int round = 0; round < ROUNDS; round++) {
        HOLDS(pthread_rwlock_rdlock(&rwlock) == 0);
        int now = ++readers;
        if (now > most) most = now;
        if (first != second) wrong++;
        if (round == 0) sleep_ms(20);
        readers--;
        pthread_rwlock_unlock(&rwlock);
    }
    return word;
}

static void *writes(void *word) {
    for (int round = 0; round < ROUNDS; round++) {
        HOLDS(pthread_rwlock_wrlock(&rwlock) == 0);
        if (readers) wrong++;
        first++;
        sched_yield();
        second++;
        pthread_rwlock_unlock(&rwlock);
    }
    return word;
}

static void *tries(void *word) {
    struct timespec soon = in_ms(CLOCK_REALTIME, 20);
    SAY("while written: tryrdlock %s", answer(pthread_rwlock_tryrdlock(&rwlock)));
    SAY("while written: timedrdlock %s", answer(pthread_rwlock_timedrdlock(&rwlock, &soon)));
    SAY("while written: trywrlock %s", answer(pthread_rwlock_trywrlock(&rwlock)));
    return word;
}

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;
static void initialise(void) {
    sleep_ms(20);
    initialised++;
}
static void *once_only(void *word) {
    pthread_once(&once, initialise);
    if (initialised != 1) wrong++;
    return word;
}

static pthread_spinlock_t spin;
static long spun;
static void *spins(void *word) {
    for (int round = 0; round < 2000; round++) {
        pthread_spin_lock(&spin);
        spun++;
        pthread_spin_unlock(&spin);
    }
    return word;
}

static sem_t tokens;
static atomic_int holding;
static void *holds(void *word) {
    for (int round = 0; round < ROUNDS; round++) {
        HOLDS(sem_wait(&tokens) == 0);
        if (++holding > 2) wrong++;
        sched_yield();
        holding--;
        sem_post(&tokens);
    }
    return word;
}

static void all(void *(*run)(void *)) {
    pthread_t threads[THREADS];
    for (int n = 0; n < THREADS; n++) threads[n] = start(run, NULL);
    for (int n = 0; n < THREADS; n++) join(threads[n]);
}

int main(void) {
    pthread_barrier_init(&barrier, NULL, THREADS);
    all(meets);
    SAY("barrier: %d serial, %d wrong", serial, wrong);
    pthread_t writer = start(writes, NULL);
    all(reads);
    join(writer);
    SAY("rwlock: %ld %ld, readers together %d, %d wrong", first, second, most > 1, wrong);
    pthread_rwlock_wrlock(&rwlock);
    join(start(tries, NULL));
    SAY("written twice: %s", answer(pthread_rwlock_wrlock(&rwlock)));
    pthread_rwlock_unlock(&rwlock);
    all(once_only);
    SAY("once: %d, %d wrong", initialised, wrong);
    pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
    all(spins);
    SAY("spin: %ld, trylock %s", spun, answer(pthread_spin_trylock(&spin)));
    sem_init(&tokens, 0, 2);
    all(holds);
    struct timespec soon = in_ms(CLOCK_REALTIME, 20);
    HOLDS(sem_wait(&tokens) == 0 && sem_wait(&tokens) == 0);
    SAY("semaphore: %d wrong, empty %s", wrong, sem_timedwait(&tokens, &soon) ? answer(errno) : "ok");
}
