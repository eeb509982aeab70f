/* notice_lab: renders notices for an incident, and checks their text. */
#ifndef POSTERN_TESTS_NOTICE_LAB_H
#define POSTERN_TESTS_NOTICE_LAB_H

#include "notice/notice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

extern struct buf out; /* the last notice */
extern const struct notice_host host;

struct incident an_incident(void);

/* Returns NULL if the template is refused. */
struct notice_template *parse(struct span text, const struct notice_host *with);
/* Renders the notice for an incident of a message with this header into `out`. Returns its text. */
const char *render(struct span text, const struct incident *incident, struct span header);

void expect_has(const char *text, const char *part);
void expect_lacks(const char *text, const char *part);
/* Asserts what holds for every notice. */
void expect_valid(void);
/* Asserts that the template is refused with this message. */
void expect_refused(struct span text, const char *why);

/* Group teardown: frees `out` and what a parse reported. */
int free_buffers(void **state);

/* The header fields of the original that a notice keeps. */
static const char kept_text[] = "Return-Path: <webmaster@divx.example>\r\n"
                                "Received: from b\r\n\tby c; Sat, 05 Feb 2005 14:30:25 +0100\r\n"
                                "From: =?utf-8?q?Zo=C3=A9?= <zoe@divx.example>\r\n"
                                "To: chris@free.example\r\n"
                                "Date: Sat, 05 Feb 2005 14:30:34 +0100\r\n";

#define KEPT ((struct span){kept_text, sizeof kept_text - 1})

#endif
