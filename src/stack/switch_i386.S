/* SPDX-License-Identifier: MIT */
/*
 * switch_i386.S - switching stacks by the System V ABI of the 386.
 *
 *     saved:  sp -> edi esi ebx ebp, the address to go on at
 */
#include "switch_asm.h"

#define SAVED 16 /* bytes below the address to go on at */

.macro save_and_go_over
    mov 4(%esp), %ecx
    mov 8(%esp), %edx
    mov 12(%esp), %eax
    push %ebp
    .cfi_adjust_cfa_offset 4
    push %ebx
    .cfi_adjust_cfa_offset 4
    push %esi
    .cfi_adjust_cfa_offset 4
    push %edi
    .cfi_adjust_cfa_offset 4
    mov %esp, (%ecx)
    mov %edx, %esp
    pop %edi
    .cfi_adjust_cfa_offset -4
    pop %esi
    .cfi_adjust_cfa_offset -4
    pop %ebx
    .cfi_adjust_cfa_offset -4
    pop %ebp
    .cfi_adjust_cfa_offset -4
.endm

FUNCTION(eddy__switch)
    .cfi_startproc
    endbr32
    save_and_go_over
    ret
    .cfi_endproc
END_FUNCTION(eddy__switch)

FUNCTION(eddy__jump)
    .cfi_startproc
    endbr32
    save_and_go_over
    pop %ecx
    .cfi_adjust_cfa_offset -4
    .cfi_register %eip, %ecx
    notrack jmp *%ecx
    .cfi_endproc
END_FUNCTION(eddy__jump)

/* The same from another place, which is foreseen by itself. */
FUNCTION(eddy__jump_back)
    .cfi_startproc
    endbr32
    save_and_go_over
    pop %ecx
    .cfi_adjust_cfa_offset -4
    .cfi_register %eip, %ecx
    notrack jmp *%ecx
    .cfi_endproc
END_FUNCTION(eddy__jump_back)

/* Where a new stack begins: ebx(esi, passed). Nobody called it. */
FUNCTION(eddy__begin)
    .cfi_startproc
    .cfi_undefined %eip
    endbr32
    sub $8, %esp /* to be aligned when it calls */
    .cfi_adjust_cfa_offset 8
    push %eax
    .cfi_adjust_cfa_offset 4
    push %esi
    .cfi_adjust_cfa_offset 4
    call *%ebx
    ud2
    .cfi_endproc
END_FUNCTION(eddy__begin)

/* eddy__prepare(low, high, entry, arg): the frame that eddy__switch takes back. */
FUNCTION(eddy__prepare)
    .cfi_startproc
    endbr32
    mov 8(%esp), %eax
    and $-16, %eax
    call 1f
1:
    .cfi_adjust_cfa_offset 4
    pop %ecx
    .cfi_adjust_cfa_offset -4
    lea NAME(eddy__begin) - 1b(%ecx), %ecx
    mov %ecx, -4(%eax)
    movl $0, -8(%eax) /* ebp: the end of the chain of frames */
    mov 12(%esp), %ecx
    mov %ecx, -12(%eax) /* ebx */
    mov 16(%esp), %ecx
    mov %ecx, -16(%eax) /* esi */
    lea -4 - SAVED(%eax), %eax
    ret
    .cfi_endproc
END_FUNCTION(eddy__prepare)

FUNCTION(eddy__saved_pc)
    .cfi_startproc
    endbr32
    mov 4(%esp), %eax
    mov SAVED(%eax), %eax
    ret
    .cfi_endproc
END_FUNCTION(eddy__saved_pc)

/* mxcsr, if the program may use such a thing, in the upper half, the x87 control
 * word in the lower. */
FUNCTION(eddy__fp_control)
    .cfi_startproc
    endbr32
    sub $8, %esp
    .cfi_adjust_cfa_offset 8
    movl $0, (%esp)
    movl $0, 4(%esp)
    fnstcw (%esp)
#ifdef __SSE__
    stmxcsr 4(%esp)
#endif
    pop %eax
    .cfi_adjust_cfa_offset -4
    pop %edx
    .cfi_adjust_cfa_offset -4
    ret
    .cfi_endproc
END_FUNCTION(eddy__fp_control)

FUNCTION(eddy__set_fp_control)
    .cfi_startproc
    endbr32
    fldcw 4(%esp)
#ifdef __SSE__
    ldmxcsr 8(%esp)
#endif
    ret
    .cfi_endproc
END_FUNCTION(eddy__set_fp_control)

NO_EXECUTABLE_STACK
