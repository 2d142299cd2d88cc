// SPDX-License-Identifier: MIT
// Thread-local storage: initial values, alignment, keys and their destructors.
#include "torture.h"

static __thread int counted = 7;
static __thread char text[32] = "initial";
static __thread long aligned __attribute__((aligned(64)));
static pthread_key_t key, again;
static atomic_int destroyed, repeated;

static void destroy(void *word) {
    HOLDS((intptr_t)word > 0);
    destroyed++;
}

// Sets its own value three times more: destructors run in rounds. [PTHREAD_DESTRUCTOR_ITERATIONS]
static void repeat(void *word) {
    repeated++;
    if ((intptr_t)word < 4) pthread_setspecific(again, (void *)((intptr_t)word + 1));
}

static void *uses(void *word) {
    intptr_t me = (intptr_t)word;
    HOLDS(counted == 7 && strcmp(text, "initial") == 0 && aligned == 0);
    HOLDS((uintptr_t)&aligned % 64 == 0);
    HOLDS(pthread_getspecific(key) == NULL);
    pthread_setspecific(key, word);
    pthread_setspecific(again, (void *)1);
    for (int n = 0; n < 1000; n++) {
        counted += (int)me;
        snprintf(text, sizeof text, "%ld", (long)me);
        if (n % 100 == 0) sched_yield();
        HOLDS(atol(text) == me);
        errno = (int)me;
        sched_yield();
        HOLDS(errno == me);
    }
    HOLDS(counted == 7 + 1000 * me);
    HOLDS(pthread_getspecific(key) == word);
    return word;
}

int main(void) {
    pthread_t threads[12];
    pthread_key_create(&key, destroy);
    pthread_key_create(&again, repeat);
    for (intptr_t n = 0; n < 12; n++) threads[n] = start(uses, (void *)(n + 1));
    long sum = 0;
    for (int n = 0; n < 12; n++) sum += (intptr_t)join(threads[n]);
    SAY("sum %ld, own %d %s", sum, counted, text);
    SAY("destroyed %d, repeated %d", destroyed, repeated);
}
