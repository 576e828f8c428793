# EDDY_SANITIZERS: --enable-sanitizers=LIST compiles and links everything with
# -fsanitize=LIST, and makes each finding fatal so that a test sees it.
AC_DEFUN([EDDY_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers=LIST],
                    [address,undefined or thread (default: none)])],
    [], [enable_sanitizers=none])
  AS_CASE([$enable_sanitizers],
    [no|none], [enable_sanitizers=none; EDDY_SANITIZE=],
    [yes],     [AC_MSG_ERROR([--enable-sanitizers needs a list: address,undefined or thread])],
    [EDDY_SANITIZE="-fsanitize=$enable_sanitizers -fno-sanitize-recover=all -fno-omit-frame-pointer"])
  eddy_save=$CFLAGS
  CFLAGS="$CFLAGS $EDDY_SANITIZE"
  AC_LINK_IFELSE([AC_LANG_PROGRAM()], [],
    [AC_MSG_ERROR([$CC cannot link with -fsanitize=$enable_sanitizers])])
  CFLAGS=$eddy_save
  AC_SUBST([EDDY_SANITIZE])
])
