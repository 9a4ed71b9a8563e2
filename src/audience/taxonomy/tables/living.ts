/** Interests in cars, family, food, home, pets, shopping, style, travel and well-being. */
export const LIVING = `
243 Automotive: 1
  244 Auto Buying and Selling: 30
  245 Auto Shows: 36
  246 Auto Technology: 37
  247 Budget Cars: 17
  248 Car Culture: 25
  249 Classic Cars: 19
  250 Concept Cars: 20
  251 Dash Cam Videos: 26
  252 Driverless Cars: 21
  253 Green Vehicles: 22
  254 Luxury Cars: 23
  255 Motorcycles: 27
  256 Performance Cars: 24
  257 Scooters: 29
348 Family and Relationships: 186
  350 Parenting: 192
    352 Daycare and Pre-School: 194
    353 Internet Safety: 195
    354 Parenting Babies and Toddlers: 196
    355 Parenting Children Aged 4-11: 197
368 Food & Drink: 210
  369 Alcoholic Beverages: 211
  370 Barbecues and Grilling: 215
  371 Cooking: 216
  372 Desserts and Baking: 217
  373 Dining Out: 218
  375 Food Movements: 220
  376 Healthy Cooking and Eating: 221
  377 Non-Alcoholic Beverages: 222
  379 Vegetarian Diets: 213
  380 World Cuisines: 214
406 Healthy Living: 223
  408 Fitness and Exercise: 225
    409 Participant Sports: 226
    410 Running and Jogging: 227
  412 Nutrition: 229
  415 Wellness: 232
457 Home & Garden: 274
  458 Gardening: 275
  459 Home Entertaining: 279
  460 Home Improvement: 280
  461 Interior Decorating: 283
  462 Landscaping: 284
  463 Outdoor Decorating: 285
  464 Remodeling & Construction: 276
  465 Smart Home: 277
541 Pets: 422
  542 Birds: 423
  543 Cats: 424
  544 Dogs: 425
  545 Fish and Aquariums: 426
  546 Horses and Equine: 496
  547 Large Animals: 427
  548 Pet Adoptions: 428
  549 Reptiles: 429
606 Shopping: 473
676 Style & Fashion: 552
  677 Beauty: 553
  678 Body Art: 574
  679 Children's Clothing: 575
  680 Designer Clothing: 576
  681 Fashion Trends: 577
  682 High Fashion: 578
  683 Men's Fashion: 579
  684 Personal Care: 590
  685 Street Style: 595
  686 Women's Fashion: 560
719 Travel: 653
  720 Adventure Travel: 665
  721 Africa Travel: 656
  722 Asia Travel: 657
  723 Australia and Oceania Travel: 658
  724 Beach Travel: 673
  725 Camping: 677
  726 Day Trips: 679
  727 Europe Travel: 659
  728 Family Travel: 666
  729 North America Travel: 660
  730 Polar Travel: 661
  731 Road Trips: 670
  732 South America Travel: 662
`;
