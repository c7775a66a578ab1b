// language.h - the two languages that people are talked to in. Machine output is English.
#ifndef HOTLINE_LANGUAGE_H
#define HOTLINE_LANGUAGE_H

enum language { LANGUAGE_ENGLISH, LANGUAGE_CHINESE };

#endif
