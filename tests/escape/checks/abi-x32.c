// tries: do a system call by its x32 number, which a filter may not know
#include <unistd.h>
#include <sys/syscall.h>
int main(void) {
#ifdef __x86_64__
  return syscall(0x40000000 + 39) > 0 ? 0 : 1;  /* getpid */
#else
  return 2;
#endif
}
