// SPDX-License-Identifier: MIT
// Memory, mutexes, conditions and semaphores that processes share.
#include "torture.h"
#include <semaphore.h>

enum { CHILDREN = 4, ROUNDS = 3000 };

struct room {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_barrier_t barrier;
    sem_t tokens;
    long counter;
    int turn;
    _Atomic long atomic;
};

static void attributes(struct room *room) {
    pthread_mutexattr_t mutex;
    pthread_condattr_t cond;
    pthread_barrierattr_t barrier;
    pthread_mutexattr_init(&mutex);
    pthread_condattr_init(&cond);
    pthread_barrierattr_init(&barrier);
    HOLDS(pthread_mutexattr_setpshared(&mutex, PTHREAD_PROCESS_SHARED) == 0);
    HOLDS(pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED) == 0);
    HOLDS(pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED) == 0);
    HOLDS(pthread_mutex_init(&room->lock, &mutex) == 0);
    HOLDS(pthread_cond_init(&room->changed, &cond) == 0);
    HOLDS(pthread_barrier_init(&room->barrier, &barrier, CHILDREN) == 0);
    HOLDS(sem_init(&room->tokens, 1, 0) == 0);
}

static int child(struct room *room, int me) {
    pthread_barrier_wait(&room->barrier);
    for (int n = 0; n < ROUNDS; n++) {
        pthread_mutex_lock(&room->lock);
        room->counter++;
        pthread_mutex_unlock(&room->lock);
        room->atomic++;
    }
    for (int n = 0; n < 50; n++) {
        pthread_mutex_lock(&room->lock);
        while (room->turn % CHILDREN != me) pthread_cond_wait(&room->changed, &room->lock);
        room->turn++;
        pthread_cond_broadcast(&room->changed);
        pthread_mutex_unlock(&room->lock);
    }
    sem_post(&room->tokens);
    return 0;
}

int main(void) {
    struct room *room = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    HOLDS(room != MAP_FAILED);
    attributes(room);
    for (int me = 0; me < CHILDREN; me++)
        if (fork() == 0) _exit(child(room, me));
    for (int n = 0; n < CHILDREN; n++) HOLDS(sem_wait(&room->tokens) == 0);
    int ended = 0, status;
    while (wait(&status) > 0) ended += status == 0;
    SAY("ended %d, counted %ld, atomically %ld, turns %d", ended, room->counter, room->atomic, room->turn);
    // Private memory is copied when it is written.
    int *own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *own = 1;
    if (fork() == 0) {
        *own = 2;
        _exit(*own);
    }
    wait(&status);
    SAY("private: child %d, parent %d", WEXITSTATUS(status), *own);
}
