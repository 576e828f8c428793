# The rooms of the library, and the library.
include %D%/base/local.mk
include %D%/system/local.mk
include %D%/core/local.mk
include %D%/op/local.mk
include %D%/io/local.mk
include %D%/deferred/local.mk
include %D%/stack/local.mk
include %D%/generator/local.mk
include %D%/task/local.mk
include %D%/sync/local.mk

# All rooms in one archive that hides nothing: the tests link it, for they look at
# private names too.
noinst_LTLIBRARIES += libwhole.la
libwhole_la_SOURCES =
libwhole_la_LIBADD  = libsync.la libdeferred.la libtask.la libgenerator.la libstack.la \
                      libio.la libop.la libcore.la libsystem.la libbackends.la libbase.la

lib_LTLIBRARIES += libeddy.la
libeddy_la_SOURCES =
libeddy_la_LIBADD  = libwhole.la
libeddy_la_LDFLAGS = $(AM_LDFLAGS) -no-undefined -version-info $(EDDY_ABI) \
                     $(EDDY_BINDING) -export-symbols-regex '^eddy_[a-z]'
