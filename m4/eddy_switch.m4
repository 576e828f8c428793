# EDDY_SWITCH_FOR_HOST: which src/stack/switch_NAME.S fits what is compiled for, in
# EDDY_SWITCH; --with-switch=portable takes the one in C, which any other gets. That
# one needs a way onto a new stack, src/stack/birth_NAME.c, in EDDY_BIRTH.
#
# The compiler is asked, and not the name of the host: there are -m32 and -mx32.
AC_DEFUN([EDDY_SWITCH_FOR_HOST], [
  AC_ARG_WITH([switch],
    [AS_HELP_STRING([--with-switch=portable],
                    [switch stacks in C, even if there is assembler for it])],
    [], [with_switch=auto])
  EDDY_SWITCH=portable
  AS_CASE([$with_switch],
    [portable], [],
    [auto], [
      EDDY_SWITCH_IF([x86_64],
        [defined __x86_64__ && !defined __ILP32__ && !defined __CYGWIN__])
      EDDY_SWITCH_IF([i386],
        [defined __i386__ && !defined __CYGWIN__])
      EDDY_SWITCH_IF([aarch64], [defined __aarch64__ && !defined __ILP32__])
      EDDY_SWITCH_IF([arm],
        [defined __arm__ && defined __ARM_EABI__ && __ARM_ARCH >= 5])
      EDDY_SWITCH_IF([riscv64], [defined __riscv && __riscv_xlen == 64])
      EDDY_SWITCH_IF([ppc64le],
        [defined __powerpc64__ && defined __LITTLE_ENDIAN__ && _CALL_ELF == 2])
      EDDY_SWITCH_IF([s390x], [defined __s390x__])],
    [AC_MSG_ERROR([--with-switch=$with_switch: it is auto or portable])])
  AC_SUBST([EDDY_SWITCH])

  # Declared it is everywhere: the C library of OpenBSD and musl have none.
  AC_CHECK_FUNC([makecontext], [EDDY_BIRTH=ucontext], [EDDY_BIRTH=signal])
  AC_SUBST([EDDY_BIRTH])
  AC_REQUIRE([LT_LIB_M])
  EDDY_SWITCH_LIBS=
  AS_IF([test $EDDY_SWITCH = portable], [EDDY_SWITCH_LIBS=$LIBM]) # fesetround()
  AC_SUBST([EDDY_SWITCH_LIBS])
  AM_CONDITIONAL([PORTABLE_SWITCH], [test $EDDY_SWITCH = portable])
  AS_IF([test $EDDY_SWITCH = portable], [AC_DEFINE([EDDY_PORTABLE_SWITCH], [1],
    [Stacks are switched in C.])])
  AS_CASE([$EDDY_SWITCH:$enable_sanitizers],
    [portable:*thread*], [AC_MSG_ERROR(
      [ThreadSanitizer cannot follow stacks that are switched in C])])
])

# EDDY_SWITCH_IF(NAME, CONDITION): chooses NAME if the compiler says CONDITION.
AC_DEFUN([EDDY_SWITCH_IF], [
  AC_PREPROC_IFELSE([AC_LANG_SOURCE([[
#if !($2)
#error not this one
#endif
]])], [EDDY_SWITCH=$1])
])
