// Messages with names, pieces and control messages.
#include "show.h"
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

static char control[512];

static struct msghdr header(struct iovec *list, int count, size_t control_len) {
  struct msghdr m = {.msg_iov = list, .msg_iovlen = count};
  m.msg_control = control_len ? control : NULL;
  m.msg_controllen = control_len;
  return m;
}

static void tell_control(struct msghdr *m) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
    printf("control level %d type %d bytes %zu\n", c->cmsg_level, c->cmsg_type, (size_t)c->cmsg_len);
}

static void descriptors(void) {
  int pair[2], file[2];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  SHOW(pipe(file));
  char byte = 'x', text[8] = {0};
  struct iovec list = {&byte, 1};
  struct msghdr m = header(&list, 1, CMSG_SPACE(2 * sizeof(int)));
  struct cmsghdr *c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof file);
  memcpy(CMSG_DATA(c), file, sizeof file);
  SHOW(sendmsg(pair[0], &m, 0));
  SHOW(sendmsg(pair[0], &m, 0));
  memset(control, 0, sizeof control);
  m = header(&list, 1, sizeof control);
  SHOW(recvmsg(pair[1], &m, MSG_CMSG_CLOEXEC));
  tell_control(&m);
  int got[2];
  memcpy(got, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof got);
  SHOW(got[0]);
  SHOW(fcntl(got[0], F_GETFD));
  SHOW(write(got[1], "through", 7));
  SHOW(read(file[0], text, 7));
  printf("%s flags %x\n", text, m.msg_flags);
  // Room for one of two.
  m = header(&list, 1, CMSG_LEN(sizeof(int)));
  SHOW(recvmsg(pair[1], &m, 0));
  tell_control(&m);
  IS(m.msg_flags & MSG_CTRUNC);
  // A descriptor that is not open.
  m = header(&list, 1, CMSG_SPACE(sizeof(int)));
  c = CMSG_FIRSTHDR(&m);
  c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
  *(int *)CMSG_DATA(c) = 999;
  SHOW(sendmsg(pair[0], &m, 0));
  c->cmsg_len = 3;
  SHOW(sendmsg(pair[0], &m, 0));
}

static void credentials(void) {
  int pair[2], on = 1;
  SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  SHOW(setsockopt(pair[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on));
  SHOW(setsockopt(pair[1], SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on));
  char out[2][4] = {"ab", "cde"}, in[3];
  struct iovec list[2] = {{out[0], 2}, {out[1], 3}};
  struct msghdr m = header(list, 2, 0);
  SHOW(sendmsg(pair[0], &m, 0));
  struct iovec room = {in, sizeof in};
  m = header(&room, 1, sizeof control);
  SHOW(recvmsg(pair[1], &m, MSG_TRUNC));
  IS(m.msg_flags & MSG_TRUNC);
  printf("%.3s\n", in);
  tell_control(&m);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
    if (c->cmsg_type == SCM_CREDENTIALS) {
      struct ucred *u = (void *)CMSG_DATA(c);
      IS(u->pid == getpid() && u->uid == getuid() && u->gid == getgid());
    }
    if (c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec *t = (void *)CMSG_DATA(c);
      IS(labs(t->tv_sec - time(NULL)) < 60);
    }
  }
  SHOW(recv(pair[1], in, 3, MSG_DONTWAIT));
}

static void many(void) {
  int pair[2];
  SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  char text[4][8] = {"one", "two", "three", "four"}, room[4][8] = {{0}};
  struct iovec out[4], in[4];
  struct mmsghdr all[4] = {{{0}}};
  for (int i = 0; i < 4; i++) {
    out[i] = (struct iovec){text[i], strlen(text[i])};
    in[i] = (struct iovec){room[i], 8};
    all[i].msg_hdr = header(&out[i], 1, 0);
  }
  SHOW(sendmmsg(pair[0], all, 3, 0));
  for (int i = 0; i < 4; i++) printf("%u ", all[i].msg_len);
  for (int i = 0; i < 4; i++) all[i].msg_hdr = header(&in[i], 1, 0);
  puts("");
  SHOW(recvmmsg(pair[1], all, 2, MSG_DONTWAIT, NULL));
  struct timespec limit = {5, 0};
  SHOW(recvmmsg(pair[1], all + 2, 2, MSG_WAITFORONE, &limit));
  SHOW(recvmmsg(pair[1], all + 2, 2, MSG_DONTWAIT, NULL));
  for (int i = 0; i < 3; i++) printf("%s %u\n", room[i], all[i].msg_len);
  limit.tv_nsec = -1;
  SHOW(recvmmsg(pair[1], all, 1, 0, &limit));
}

static void large(void) {
  enum { SIZE = 5 << 20 };
  int pair[2];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  char *bytes = malloc(SIZE);
  for (int i = 0; i < SIZE; i++) bytes[i] = i * 7 >> 3;
  fflush(stdout);
  pid_t child = fork();
  if (!child) {
    char *got = malloc(SIZE);
    long n = recv(pair[1], got, SIZE, MSG_WAITALL);
    _exit(n == SIZE && !memcmp(got, bytes, SIZE) ? 7 : 8);
  }
  SHOW(send(pair[0], bytes, SIZE, 0));
  int status;
  waitpid(child, &status, 0);
  SHOW(WEXITSTATUS(status));
  int dgram[2];
  SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, dgram));
  SHOW(send(dgram[0], bytes, SIZE, 0));
  close(pair[1]);
  signal(SIGPIPE, SIG_IGN);
  SHOW(send(pair[0], bytes, 4, 0));
  SHOW(send(pair[0], bytes, 4, MSG_NOSIGNAL));
}

static void internet(void) {
  int from = socket(AF_INET, SOCK_DGRAM, 0), to = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, peer;
  socklen_t len = sizeof at;
  SHOW(bind(to, (void *)&at, sizeof at));
  SHOW(getsockname(to, (void *)&at, &len));
  SHOW(setsockopt(to, IPPROTO_IP, IP_PKTINFO, &on, sizeof on));
  SHOW(setsockopt(to, IPPROTO_IP, IP_RECVTTL, &on, sizeof on));
  char text[] = "datagram", in[32];
  struct iovec list = {text, 8}, room = {in, sizeof in};
  struct msghdr m = header(&list, 1, 0);
  m.msg_name = &at, m.msg_namelen = sizeof at;
  SHOW(sendmsg(from, &m, 0));
  m = header(&room, 1, sizeof control);
  m.msg_name = &peer, m.msg_namelen = sizeof peer;
  SHOW(recvmsg(to, &m, MSG_PEEK));
  tell_control(&m);
  for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
    if (c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo *info = (void *)CMSG_DATA(c);
      puts(inet_ntoa(info->ipi_addr));
      IS(info->ipi_ifindex == (int)if_nametoindex("lo"));
    }
  SHOW(m.msg_namelen);
  puts(inet_ntoa(peer.sin_addr));
  // A name longer than its room is cut, and its length told.
  m.msg_namelen = 4, m.msg_control = NULL, m.msg_controllen = 0;
  SHOW(recvmsg(to, &m, 0));
  SHOW(m.msg_namelen);
  SHOW(sendto(from, text, 8, 0, (void *)&at, 3));
  SHOW(sendto(from, text, 8, 0, (void *)&at, 200));
  SHOW(recvfrom(999, in, 4, 0, NULL, NULL));
  SHOW(send(1, text, 8, 0));
}

static void names(void) {
  struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "named"}, got;
  socklen_t len = sizeof got;
  int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  SHOW(bind(server, (void *)&at, sizeof at));
  SHOW(listen(server, 1));
  SHOW(connect(client, (void *)&at, sizeof at));
  int served = accept4(server, (void *)&got, &len, SOCK_NONBLOCK);
  SHOW(len);
  SHOW(fcntl(served, F_GETFL));
  len = sizeof got;
  SHOW(getpeername(client, (void *)&got, &len));
  printf("%s %u\n", got.sun_path, len);
  SHOW(unlink("named"));
  SHOW(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&at, sizeof at));
  memcpy(at.sun_path, "\0abstract-strata", 16);
  snprintf(at.sun_path + 16, 32, "%d", getpid());
  SHOW(bind(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&at, sizeof at));
}

static void netlink(void) {
  int s = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
  struct {
    struct nlmsghdr head;
    struct ifinfomsg body;
  } ask = {{sizeof ask, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {.ifi_family = AF_UNSPEC}};
  struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
  struct iovec list = {&ask, sizeof ask};
  struct msghdr m = header(&list, 1, 0);
  m.msg_name = &kernel, m.msg_namelen = sizeof kernel;
  SHOW(sendmsg(s, &m, 0));
  static char in[65536];
  struct iovec room = {in, sizeof in};
  int done = 0, found = 0;
  while (!done) {
    m = header(&room, 1, 0);
    m.msg_name = &kernel, m.msg_namelen = sizeof kernel;
    long n = recvmsg(s, &m, 0);
    if (n <= 0) break;
    for (struct nlmsghdr *h = (void *)in; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
      done |= h->nlmsg_type == NLMSG_DONE;
      if (h->nlmsg_type != RTM_NEWLINK) continue;
      struct ifinfomsg *body = NLMSG_DATA(h);
      int left = IFLA_PAYLOAD(h);
      for (struct rtattr *a = IFLA_RTA(body); RTA_OK(a, left); a = RTA_NEXT(a, left))
        found |= a->rta_type == IFLA_IFNAME && !strcmp(RTA_DATA(a), "lo");
    }
  }
  SHOW(m.msg_namelen);
  IS(done && found);
}

int main(void) {
  descriptors();
  credentials();
  many();
  large();
  internet();
  names();
  netlink();
  return 0;
}
