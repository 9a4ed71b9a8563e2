/** Interests in books, art, film, music, games, hobbies and sport. */
export const PASTIME = `
258 Books and Literature: 42
  259 Art and Photography Books: 43
  260 Biographies: 44+42
  262 Comics and Graphic Novels: 46
  263 Cookbooks: 216+42
  264 Fiction: 48
  265 Poetry: 49
  266 Travel Books: 653+42
359 Fine Art: 201
  360 Costume: 202
  361 Dance: 203
  362 Design: 204
  363 Digital Arts: 205
  364 Fine Art Photography: 206
  365 Modern Art: 207
  366 Opera: 208
  367 Theater: 209
422 Hobbies & Interests: 239
  423 Antiquing and Antiques: 240
  424 Arts and Crafts: 248
    425 Beadwork: 249
    426 Candle and Soap Making: 250
    427 Drawing and Sketching: 251
    428 Jewelry Making: 252
    429 Needlework: 253
    430 Painting: 254
    431 Photography: 255
    432 Scrapbooking: 256
    433 Woodworking: 257
  434 Beekeeping: 258
  435 Birdwatching: 259
  436 Cigars: 260
  437 Collecting: 261
    438 Comic Books: 262
    439 Stamps and Coins: 263
  440 Content Production: 264
    441 Audio Production: 265
    442 Freelance Writing: 266
    443 Screenwriting: 267
    444 Video Production: 268
  445 Games and Puzzles: 269
    446 Board Games and Puzzles: 270
    447 Card Games: 271
    448 Roleplaying Games: 272
  449 Genealogy and Ancestry: 273
  450 Magic and Illusion: 241
  451 Model Toys: 242
  452 Musical Instruments: 243
  453 Paranormal Phenomena: 244
  454 Radio Control: 245
  455 Sci-fi and Fantasy: 246
  456 Workshops and Classes: 247
467 Movies: 324
  468 Action and Adventure Movies: 325+324
  469 Animation Movies: 641+324
  470 Comedy Movies: 646+324
  471 Crime and Mystery Movies: 331+324 KHPC5A+324
  472 Documentary Movies: 332+324
  473 Drama Movies: 647+324
  475 Fantasy Movies: 335+324
  476 Horror Movies: 336+324
  477 Indie and Arthouse Movies: 643+324
  478 Romance Movies: 326+324
  479 Science Fiction Movies: 652+324
481 Music and Audio: 338
  482 Adult Album Alternative: 342
  483 Adult Contemporary Music: 339
    484 Soft AC Music: 340
    485 Urban AC Music: 341
  486 Alternative Music: 343
  487 Blues: 360
  489 Classic Hits: 345
  490 Classical Music: 346
  491 College Radio: 347
  492 Comedy (Music and Audio): 348
  493 Contemporary Hits/Pop/Top 40: 349
  494 Country Music: 350
  495 Dance and Electronic Music: 351
  497 Hip Hop Music: 355
  498 Inspirational/New Age Music: 356
  499 Jazz: 357
  500 Oldies/Adult Standards: 358
  501 R&B/Soul/Funk: 362
  502 Reggae: 359
  504 Rock Music: 363
    505 Album-oriented Rock: 364
    506 Alternative Rock: 365
    507 Classic Rock: 366
    508 Hard Rock: 367
    509 Soft Rock: 368
  510 Songwriters/Folk: 353
  511 Soundtracks, TV and Showtunes: 369
  512 Sports Radio: 370
  513 Talk Radio: 371
    518 Public Radio: 376
  519 Urban Contemporary Music: 377
  520 Variety (Music and Audio): 378
  521 World/International Music: 352
581 Pop Culture: 432
  582 Humor and Satire: 440
607 Sports: 483
  608 American Football: 484
  609 Australian Rules Football: 507
  610 Auto Racing: 518
    611 Motorcycle Sports: 519
  612 Badminton: 534
  613 Baseball: 545
  614 Basketball: 547
  615 Beach Volleyball: 548
  616 Bodybuilding: 549
  617 Bowling: 550
  618 Boxing: 485
  619 Cheerleading: 486
  620 College Sports: 487
    621 College Football: 488
    622 College Basketball: 489
    623 College Baseball: 490
  624 Cricket: 491
  625 Cycling: 492
  626 Darts: 493
  628 Diving: 495
  629 Equine Sports: 496
    630 Horse Racing: 497
  631 Extreme Sports: 498
    632 Canoeing and Kayaking: 499
    633 Climbing: 500
    634 Paintball: 501
    635 Scuba Diving: 502
    636 Skateboarding: 503
    637 Snowboarding: 504
    638 Surfing and Bodyboarding: 505
    639 Waterskiing and Wakeboarding: 506
  640 Fantasy Sports: 508
  641 Field Hockey: 509
  642 Figure Skating: 510
  643 Fishing Sports: 511
  644 Golf: 512
  645 Gymnastics: 513
  646 Hunting and Shooting: 514
  647 Ice Hockey: 515
  648 Inline Skating: 516
  649 Lacrosse: 517
  650 Martial Arts: 520
  651 Olympic Sports: 521
    652 Summer Olympic Sports: 522
    653 Winter Olympic Sports: 523
  654 Poker and Professional Gambling: 524
  655 Rodeo: 525
  656 Rowing: 526
  657 Rugby: 527
    658 Rugby League: 528
    659 Rugby Union: 529
  660 Sailing: 530
  661 Skiing: 531
  662 Snooker/Pool/Billiards: 532
  663 Soccer: 533
  664 Softball: 535
  665 Sports Equipment: 551
  666 Squash: 536
  667 Swimming: 537
  668 Table Tennis: 538
  669 Tennis: 539
  670 Track and Field: 540
  671 Volleyball: 541
  672 Walking: 542
  673 Water Polo: 543
  674 Weightlifting: 544
  675 Wrestling: 546
706 Television: 640
  707 Animation TV: 641+640
  709 Comedy TV: 646+640
  710 Drama TV: 647+640
  711 Factual TV: 332+640 648+640
  712 Holiday TV: 649+640
  713 Music TV: 650+640
  714 Reality TV: 651
  715 Science Fiction TV: 652+640
  716 Soap Opera TV: 642
  717 Special Interest TV: 643+640
  718 Sports TV: 483+640
733 Video Gaming: 680
  734 Console Games: 681
  735 eSports: 682
  736 Mobile Games: 683
  737 PC Games: 684
  738 Video Game Genres: 685
    739 Action Video Games: 686
    740 Role-Playing Video Games: 687
    741 Simulation Video Games: 688
    742 Sports Video Games: 689
    743 Strategy Video Games: 690
    744 Action-Adventure Video Games: 691
    745 Adventure Video Games: 692
    746 Casual Games: 693
    748 Exercise and Fitness Video Games: 695
    749 MMOs: 696
    750 Music and Party Video Games: 697
    751 Puzzle Video Games: 698
`;
