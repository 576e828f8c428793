# A C++ compiler, for a test of exceptions; eddy itself needs none. It must be one
# for the same system as $CC, and of the same make, for sanitizers.

# EDDY_CXX_LIKE_CC: before AC_PROG_CXX, makes it look for the right one.
AC_DEFUN([EDDY_CXX_LIKE_CC], [
  eddy_cxx_given=$CXX
  AS_IF([test "x$CXX" = x], [AS_CASE([$CC],
    [clang*], [CXX=`echo "$CC" | sed 's/ .*//; s/clang/clang++/'`])])
])

# EDDY_CHECK_CXX: after it, decides whether it may be used.
AC_DEFUN([EDDY_CHECK_CXX], [
  eddy_cxx=yes
  AS_CASE([$cross_compiling:$eddy_cxx_given:$CXX],
    [yes::"$ac_tool_prefix"*], [],
    [yes::*], [eddy_cxx=no])
  AC_MSG_CHECKING([whether there is a C++17 compiler])
  AC_LANG_PUSH([C++])
  eddy_save=$CXXFLAGS
  CXXFLAGS="$CXXFLAGS -std=c++17 $EDDY_SANITIZE"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <exception>]],
      [[try { throw 1; } catch (int) {} return std::uncaught_exceptions();]])],
    [], [eddy_cxx=no])
  CXXFLAGS=$eddy_save
  AC_LANG_POP([C++])
  AC_MSG_RESULT([$eddy_cxx])
  AM_CONDITIONAL([HAVE_CXX], [test $eddy_cxx = yes])
])
