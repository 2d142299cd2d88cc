// Socket options, and control of sockets and interfaces.
#include "show.h"
#include <linux/filter.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

static void number(int fd, int level, int name, int value) {
  int got = -1;
  socklen_t len = sizeof got;
  printf("level %d option %d: ", level, name);
  if (setsockopt(fd, level, name, &value, sizeof value)) {
    puts(strerrorname_np(errno));
    return;
  }
  int asked = getsockopt(fd, level, name, &got, &len);
  printf("%d, %d, %d, length %u\n", value, asked, got, len);
}

static void generic(void) {
  int s = socket(AF_INET, SOCK_STREAM, 0);
  number(s, SOL_SOCKET, SO_REUSEADDR, 1);
  number(s, SOL_SOCKET, SO_REUSEPORT, 1);
  number(s, SOL_SOCKET, SO_KEEPALIVE, 1);
  number(s, SOL_SOCKET, SO_BROADCAST, 1);
  number(s, SOL_SOCKET, SO_OOBINLINE, 1);
  number(s, SOL_SOCKET, SO_SNDBUF, 20000);
  number(s, SOL_SOCKET, SO_RCVBUF, 30000);
  number(s, SOL_SOCKET, SO_PRIORITY, 3);
  number(s, SOL_SOCKET, SO_RCVLOWAT, 5);
  number(s, SOL_SOCKET, SO_TIMESTAMP, 1);
  number(s, SOL_SOCKET, SO_TYPE, 1);
  number(s, SOL_SOCKET, 9999, 1);
  number(s, IPPROTO_TCP, TCP_NODELAY, 1);
  number(s, IPPROTO_TCP, TCP_KEEPIDLE, 77);
  number(s, IPPROTO_TCP, TCP_KEEPINTVL, 7);
  number(s, IPPROTO_TCP, TCP_KEEPCNT, 6);
  number(s, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
  number(s, IPPROTO_TCP, TCP_CORK, 1);
  number(s, IPPROTO_IP, IP_TTL, 33);
  number(s, IPPROTO_IP, IP_TOS, 0x10);
  number(s, IPPROTO_IP, IP_MULTICAST_TTL, 4);
  number(socket(AF_INET6, SOCK_STREAM, 0), IPPROTO_IPV6, IPV6_V6ONLY, 1);
  number(999, SOL_SOCKET, SO_KEEPALIVE, 1);
  number(1, SOL_SOCKET, SO_KEEPALIVE, 1);
  struct linger linger = {1, 9}, kept = {0};
  socklen_t len = sizeof kept;
  SHOW(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, sizeof linger));
  SHOW(getsockopt(s, SOL_SOCKET, SO_LINGER, &kept, &len));
  printf("%d %d %u\n", kept.l_onoff, kept.l_linger, len);
  SHOW(setsockopt(s, SOL_SOCKET, SO_LINGER, &linger, 4));
  char name[16] = {0};
  len = sizeof name;
  SHOW(getsockopt(s, IPPROTO_TCP, TCP_CONGESTION, name, &len));
  IS(strlen(name) > 2);
  SHOW(getsockopt(s, SOL_SOCKET, SO_ERROR, (void *)8, &len));
  SHOW(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, (void *)8, 4));
  SHOW(setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, name, -1));
}

static void timeouts(void) {
  int pair[2];
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  struct timeval wait = {0, 40000}, got;
  socklen_t len = sizeof got;
  SHOW(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait));
  SHOW(getsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &got, &len));
  printf("%ld %ld %u\n", (long)got.tv_sec, (long)got.tv_usec, len);
  char byte;
  SHOW(recv(pair[0], &byte, 1, 0));
  struct ucred peer;
  len = sizeof peer;
  SHOW(getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &peer, &len));
  IS(peer.pid == getpid() && peer.uid == getuid());
  len = 2;
  SHOW(getsockopt(pair[0], SOL_SOCKET, SO_TYPE, &byte, &len));
}

static void filter(void) {
  int pair[2];
  SHOW(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair));
  // Takes messages whose first byte is 'y'.
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 'y', 0, 1),
      BPF_STMT(BPF_RET | BPF_K, -1u),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {LEN(code), code};
  SHOW(setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
  WORKS(send(pair[0], "no", 2, MSG_DONTWAIT));
  SHOW(send(pair[0], "yes", 3, 0));
  char in[8] = {0};
  SHOW(recv(pair[1], in, 8, MSG_DONTWAIT));
  puts(in);
  struct sock_filter back[8];
  socklen_t len = LEN(back);
  SHOW(getsockopt(pair[1], SOL_SOCKET, SO_GET_FILTER, back, &len));
  SHOW(len);
  IS(!memcmp(back, code, sizeof code));
  len = 2;
  SHOW(getsockopt(pair[1], SOL_SOCKET, SO_GET_FILTER, back, &len));
  SHOW(setsockopt(pair[1], SOL_SOCKET, SO_DETACH_FILTER, &len, sizeof len));
  program.len = 0;
  SHOW(setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
  program.len = 1, program.filter = (void *)8;
  SHOW(setsockopt(pair[1], SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program));
}

static void interfaces(void) {
  int s = socket(AF_INET, SOCK_DGRAM, 0);
  struct ifreq r = {0};
  strcpy(r.ifr_name, "lo");
  SHOW(ioctl(s, SIOCGIFINDEX, &r));
  int index = r.ifr_ifindex;
  SHOW(index);
  SHOW(ioctl(s, SIOCGIFFLAGS, &r));
  IS(r.ifr_flags & IFF_LOOPBACK);
  SHOW(ioctl(s, SIOCGIFMTU, &r));
  SHOW(r.ifr_mtu);
  SHOW(ioctl(s, SIOCGIFADDR, &r));
  SHOW(ntohl(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr));
  SHOW(ioctl(s, SIOCGIFNETMASK, &r));
  SHOW(ntohl(((struct sockaddr_in *)&r.ifr_addr)->sin_addr.s_addr));
  SHOW(ioctl(s, SIOCGIFHWADDR, &r));
  SHOW(r.ifr_hwaddr.sa_family);
  SHOW(ioctl(s, SIOCGIFTXQLEN, &r));
  SHOW(r.ifr_qlen);
  memset(&r, 0, sizeof r);
  r.ifr_ifindex = index;
  SHOW(ioctl(s, SIOCGIFNAME, &r));
  puts(r.ifr_name);
  strcpy(r.ifr_name, "nothing9");
  SHOW(ioctl(s, SIOCGIFMTU, &r));
  SHOW(ioctl(s, SIOCGIFMTU, (void *)8));
  struct ifconf list = {0};
  SHOW(ioctl(s, SIOCGIFCONF, &list));
  SHOW(list.ifc_len);
  static struct ifreq all[64];
  list.ifc_len = sizeof all, list.ifc_req = all;
  SHOW(ioctl(s, SIOCGIFCONF, &list));
  SHOW(list.ifc_len);
  int found = 0;
  for (size_t i = 0; i < list.ifc_len / sizeof *all; i++) found |= !strcmp(all[i].ifr_name, "lo");
  IS(found);
  SHOW(ioctl(1, SIOCGIFCONF, &list));
}

static void control(void) {
  int pair[2], n = -1;
  SHOW(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
  SHOW(write(pair[0], "12345", 5));
  SHOW(ioctl(pair[1], FIONREAD, &n));
  SHOW(n);
  SHOW(ioctl(pair[1], SIOCATMARK, &n));
  n = getpid();
  SHOW(ioctl(pair[1], FIOSETOWN, &n));
  n = 0;
  SHOW(ioctl(pair[1], SIOCGPGRP, &n));
  IS(n == getpid());
  n = 1;
  SHOW(ioctl(pair[0], FIONBIO, &n));
  SHOW(read(pair[0], &n, 1));
  SHOW(shutdown(pair[0], SHUT_WR));
  SHOW(shutdown(pair[0], 9));
}

int main(void) {
  generic();
  timeouts();
  filter();
  interfaces();
  control();
  return 0;
}
