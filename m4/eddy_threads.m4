# EDDY_CHECK_THREADS: finds the flag that compiles and links threads, for EDDY_THREADS.
# -pthread comes first, although a bare link may pass too: some C libraries have
# stubs that link and then start no thread.
AC_DEFUN([EDDY_CHECK_THREADS], [
  AC_CACHE_CHECK([for the flag of threads], [eddy_cv_threads], [
    eddy_cv_threads=none
    eddy_save=$LIBS
    for eddy_flag in -pthread -lpthread ''; do
      LIBS="$eddy_flag $eddy_save"
      AC_LINK_IFELSE([AC_LANG_PROGRAM(
          [[#include <pthread.h>
            static void *run(void *arg) { return arg; }]],
          [[pthread_t thread;
            return pthread_create(&thread, 0, run, 0);]])],
        [eddy_cv_threads=$eddy_flag; break])
    done
    LIBS=$eddy_save])
  AS_IF([test "x$eddy_cv_threads" = xnone],
        [AC_MSG_ERROR([eddy needs POSIX threads])])
  AC_SUBST([EDDY_THREADS], [$eddy_cv_threads])
])
