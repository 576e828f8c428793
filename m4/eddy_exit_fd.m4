# EDDY_EXIT_FD: after the last EDDY_POLLER. Defines EDDY_EXIT_PIDFD, EDDY_EXIT_KQUEUE
# and the conditionals of the same endings, for what can turn the end of a child
# into a descriptor here. Without either the library falls back on SIGCHLD.
AC_DEFUN([EDDY_EXIT_FD], [
  AC_CHECK_DECL([SYS_pidfd_open], [eddy_pidfd=yes], [eddy_pidfd=no],
                [[#include <sys/syscall.h>]])
  AS_IF([test $eddy_pidfd = yes],
        [AC_DEFINE([EDDY_EXIT_PIDFD], [1], [Wait for children by pidfd.])])
  AM_CONDITIONAL([EXIT_PIDFD], [test $eddy_pidfd = yes])
  AM_COND_IF([POLLER_KQUEUE],
    [AC_DEFINE([EDDY_EXIT_KQUEUE], [1], [Wait for children by kqueue.])])
  AM_CONDITIONAL([EXIT_KQUEUE], [test -z "$POLLER_KQUEUE_TRUE"])
])
