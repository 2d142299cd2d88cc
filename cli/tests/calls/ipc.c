// Messages, semaphores and memory between processes.
#include "show.h"
#include <mqueue.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>

union semun { int val; struct semid_ds *buf; unsigned short *array; struct seminfo *info; };
static volatile sig_atomic_t seen;
static void handle(int n) { seen = n; }

static void memory(void) {
  int id = shmget(IPC_PRIVATE, 10000, IPC_CREAT | 0600);
  WORKS(id);
  struct shmid_ds d;
  SHOW(shmctl(id, IPC_STAT, &d));
  printf("%zu %lu %o %d\n", d.shm_segsz, (unsigned long)d.shm_nattch, d.shm_perm.mode, d.shm_cpid == getpid());
  int *a = shmat(id, NULL, 0), *b = shmat(id, NULL, SHM_RDONLY);
  IS(a != (void *)-1 && b != (void *)-1 && a != b);
  a[5] = 77;
  SHOW(b[5]);
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    a[6] = 88;
    _exit(shmdt(b));
  }
  int status;
  waitpid(child, &status, 0);
  SHOW(WEXITSTATUS(status));
  SHOW(b[6]);
  SHOW(shmctl(id, IPC_STAT, &d));
  printf("%lu %d\n", (unsigned long)d.shm_nattch, d.shm_lpid == child);
  d.shm_perm.mode = 0640;
  SHOW(shmctl(id, IPC_SET, &d));
  SHOW(shmctl(id, IPC_STAT, &d));
  SHOW(d.shm_perm.mode);
  SHOW(shmdt((char *)a + 4096));
  SHOW(shmdt((char *)a + 1));
  SHOW(shmdt(b));
  SHOW(shmdt(b));
  char *place = mmap(NULL, 65536, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  SHOW((long)shmat(id, place, 0));
  SHOW(shmat(id, place + 4100, SHM_RND | SHM_REMAP) == place + 4096);
  SHOW(((int *)(place + 4096))[5]);
  SHOW(munmap(place + 8192, 4096));
  SHOW(shmdt(place + 4096));
  SHOW((long)shmat(id, place + 1, SHM_REMAP));
  SHOW((long)shmat(id, NULL, SHM_REMAP));
  SHOW((long)shmat(-1, NULL, 0));
  SHOW(shmctl(id, IPC_RMID, NULL));
  SHOW(a[5]);
  SHOW(shmdt(a));
  SHOW(shmctl(id, IPC_STAT, &d));
  SHOW(shmctl(id, 999, &d));
  struct shminfo info;
  WORKS(shmctl(0, IPC_INFO, (void *)&info));
  IS(info.shmmni > 0);
}

static void semaphores(void) {
  int id = semget(IPC_PRIVATE, 3, 0600);
  WORKS(id);
  unsigned short set[3] = {5, 0, 7}, got[3] = {0};
  SHOW(semctl(id, 0, SETALL, (union semun){.array = set}));
  SHOW(semctl(id, 0, GETALL, (union semun){.array = got}));
  printf("%d %d %d\n", got[0], got[1], got[2]);
  SHOW(semctl(id, 1, SETVAL, (union semun){.val = 2}));
  SHOW(semctl(id, 1, GETVAL));
  SHOW(semctl(id, 1, SETVAL, (union semun){.val = -1}));
  SHOW(semctl(id, 9, GETVAL));
  IS(semctl(id, 1, GETPID) == getpid());
  SHOW(semctl(id, 1, GETNCNT));
  SHOW(semctl(id, 1, GETZCNT));
  struct semid_ds d;
  SHOW(semctl(id, 0, IPC_STAT, (union semun){.buf = &d}));
  printf("%lu %o %ld %d\n", (unsigned long)d.sem_nsems, d.sem_perm.mode, (long)d.sem_otime, labs(d.sem_ctime - time(NULL)) < 60);
  struct sembuf ops[2] = {{0, -4, 0}, {2, 1, SEM_UNDO}};
  SHOW(semop(id, ops, 2));
  SHOW(semctl(id, 0, GETVAL));
  ops[0].sem_flg = IPC_NOWAIT;
  SHOW(semop(id, ops, 1));
  struct timespec wait = {0, 20000000};
  ops[0].sem_flg = 0;
  SHOW(semtimedop(id, ops, 1, &wait));
  SHOW(semop(id, ops, 0));
  SHOW(semop(id, ops, 100000));
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    usleep(20000);
    ops[0].sem_op = 3;
    _exit(semop(id, ops, 1));
  }
  SHOW(semop(id, ops, 1));
  waitpid(child, NULL, 0);
  SHOW(semctl(id, 0, GETVAL));
  signal(SIGALRM, handle);
  alarm(1);
  SHOW(semop(id, ops, 1));
  SHOW(seen == SIGALRM);
  d.sem_perm.mode = 0640;
  SHOW(semctl(id, 0, IPC_SET, (union semun){.buf = &d}));
  SHOW(semctl(id, 0, IPC_STAT, (union semun){.buf = &d}));
  printf("%o %d\n", d.sem_perm.mode, labs(d.sem_otime - time(NULL)) < 60);
  struct seminfo info;
  WORKS(semctl(0, 0, IPC_INFO, (union semun){.info = &info}));
  IS(info.semmsl >= 3);
  SHOW(semctl(id, 0, IPC_RMID));
  SHOW(semctl(id, 0, IPC_RMID));
  SHOW(semop(id, ops, 1));
}

static void messages(void) {
  int id = msgget(IPC_PRIVATE, 0600);
  WORKS(id);
  struct { long type; char text[64]; } m = {7, "seven"}, got = {0};
  SHOW(msgsnd(id, &m, 6, 0));
  m.type = 3;
  strcpy(m.text, "three");
  SHOW(msgsnd(id, &m, 6, 0));
  m.type = 0;
  SHOW(msgsnd(id, &m, 6, 0));
  SHOW(msgrcv(id, &got, 64, -5, 0));
  printf("%ld %s\n", got.type, got.text);
  SHOW(msgrcv(id, &got, 2, 0, 0));
  SHOW(msgrcv(id, &got, 2, 0, MSG_NOERROR));
  printf("%ld %.2s\n", got.type, got.text);
  SHOW(msgrcv(id, &got, 64, 0, IPC_NOWAIT));
  m.type = 1;
  SHOW(msgsnd(id, &m, 0, 0));
  struct msqid_ds d;
  SHOW(msgctl(id, IPC_STAT, &d));
  printf("%lu %lu %d %o\n", (unsigned long)d.msg_qnum, (unsigned long)d.__msg_cbytes, d.msg_lspid == getpid(), d.msg_perm.mode);
  SHOW(msgrcv(id, &got, 64, 0, 0));
  d.msg_qbytes = 100;
  SHOW(msgctl(id, IPC_SET, &d));
  SHOW(msgsnd(id, &m, 64, IPC_NOWAIT));
  SHOW(msgsnd(id, &m, 64, IPC_NOWAIT));
  SHOW(msgsnd(id, &m, -1, 0));
  SHOW(syscall(SYS_msgsnd, id, 8, 4, 0));
  SHOW(msgctl(id, IPC_RMID, NULL));
  SHOW(msgrcv(id, &got, 64, 0, 0));
}

static void queues(void) {
  char name[64], got[64] = {0};
  snprintf(name, sizeof name, "/strata-calls-%d", getpid());
  struct mq_attr a = {.mq_maxmsg = 3, .mq_msgsize = 32}, now;
  mqd_t q = mq_open(name, O_CREAT | O_RDWR | O_EXCL | O_NONBLOCK, 0600, &a);
  WORKS(q);
  SHOW(mq_open(name, O_CREAT | O_RDWR | O_EXCL, 0600, &a));
  SHOW(mq_send(q, "low", 3, 1));
  SHOW(mq_send(q, "high", 4, 9));
  SHOW(mq_send(q, got, 33, 0));
  SHOW(mq_getattr(q, &now));
  printf("%lx %ld %ld %ld\n", now.mq_flags, now.mq_maxmsg, now.mq_msgsize, now.mq_curmsgs);
  unsigned priority = 0;
  SHOW(mq_receive(q, got, 64, &priority));
  printf("%s %u\n", got, priority);
  SHOW(mq_receive(q, got, 8, NULL));
  SHOW(mq_receive(q, got, 32, NULL));
  SHOW(mq_receive(q, got, 32, NULL));
  signal(SIGUSR1, handle);
  struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
  SHOW(mq_notify(q, &event));
  SHOW(mq_notify(q, &event));
  seen = 0;
  SHOW(mq_send(q, "x", 1, 0));
  SHOW(seen == SIGUSR1);
  SHOW(mq_notify(q, NULL));
  now.mq_flags = 0;
  SHOW(mq_setattr(q, &now, &a));
  SHOW(a.mq_flags == O_NONBLOCK);
  struct timespec past = {1, 0};
  SHOW(mq_timedreceive(q, got, 32, NULL, &past));
  SHOW(mq_timedreceive(q, got, 32, NULL, &past));
  past.tv_nsec = -1;
  SHOW(mq_timedreceive(q, got, 32, NULL, &past));
  SHOW(mq_unlink(name));
  SHOW(mq_unlink(name));
  SHOW(mq_getattr(1, &now));
  SHOW(mq_close(q));
}

int main(void) {
  memory();
  semaphores();
  messages();
  queues();
  return 0;
}
