// tries: do a system call by the 32-bit entry, which a 64-bit filter does not see
#include <unistd.h>
int main(void) {
#ifdef __x86_64__
  int result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20));  /* getpid */
  return result > 0 ? 0 : 1;
#else
  return 2;
#endif
}
