/* SPDX-License-Identifier: MIT */
/*
 * switch_riscv64.S - switching stacks by the calling convention of RISC-V.
 *
 *     saved:  sp -> the address to go on at, s0 to s11, fs0 to fs11 if there
 *                   are such registers
 */
#include "switch_asm.h"

#define SAVED 208

#ifndef __riscv_flen
#define __riscv_flen 0
#endif
#if __riscv_flen >= 64
#define STORE fsd
#define LOAD fld
#elif __riscv_flen == 32
#define STORE fsw
#define LOAD flw
#endif

.macro each_float what
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \what fs\n, 104 + 8 * \n(sp)
    .endr
.endm

.macro each_integer what
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    \what s\n, 8 + 8 * \n(sp)
    .endr
.endm

.macro save_and_go_over
    addi sp, sp, -SAVED
    .cfi_adjust_cfa_offset SAVED
    sd ra, 0(sp)
    .cfi_rel_offset ra, 0
    each_integer sd
#if __riscv_flen
    each_float STORE
#endif
    sd sp, 0(a0)
    mv sp, a1
    mv a0, a2
    each_integer ld
#if __riscv_flen
    each_float LOAD
#endif
    ld ra, 0(sp)
    .cfi_restore ra
    addi sp, sp, SAVED
    .cfi_adjust_cfa_offset -SAVED
.endm

FUNCTION(eddy__switch)
    .cfi_startproc
    save_and_go_over
    ret
    .cfi_endproc
END_FUNCTION(eddy__switch)

/* By another register than ra, which would make it a return. */
FUNCTION(eddy__jump)
    .cfi_startproc
    save_and_go_over
    mv t1, ra
    jr t1
    .cfi_endproc
END_FUNCTION(eddy__jump)

/* The same from another place, which is foreseen by itself. */
FUNCTION(eddy__jump_back)
    .cfi_startproc
    save_and_go_over
    mv t1, ra
    jr t1
    .cfi_endproc
END_FUNCTION(eddy__jump_back)

/* Where a new stack begins: s1(s2, passed). Nobody called it. */
FUNCTION(eddy__begin)
    .cfi_startproc
    .cfi_undefined ra
    mv a1, a0
    mv a0, s2
    jalr s1
    ebreak
    .cfi_endproc
END_FUNCTION(eddy__begin)

/* eddy__prepare(low, high, entry, arg): the frame that eddy__switch takes back. */
FUNCTION(eddy__prepare)
    .cfi_startproc
    andi a0, a1, -16
    addi a0, a0, -SAVED
    lla t0, eddy__begin
    sd t0, 0(a0)
    sd zero, 8(a0) /* s0: the end of the chain of frames */
    sd a2, 16(a0)
    sd a3, 24(a0)
    ret
    .cfi_endproc
END_FUNCTION(eddy__prepare)

FUNCTION(eddy__saved_pc)
    .cfi_startproc
    ld a0, 0(a0)
    ret
    .cfi_endproc
END_FUNCTION(eddy__saved_pc)

FUNCTION(eddy__fp_control)
    .cfi_startproc
#if __riscv_flen
    frcsr a0
#else
    li a0, 0
#endif
    ret
    .cfi_endproc
END_FUNCTION(eddy__fp_control)

FUNCTION(eddy__set_fp_control)
    .cfi_startproc
#if __riscv_flen
    fscsr a0
#endif
    ret
    .cfi_endproc
END_FUNCTION(eddy__set_fp_control)

NO_EXECUTABLE_STACK
