/** Purchase intent, by what a product page is about. */
export const INTENT = `
779 Arts and Entertainment:
  782 Experiences and Events: 8VZQHL 150
    784 Theatre and Musicals: 177 209
    785 Museums and Galleries: 155
    786 Sporting Events: 483+8VZQHL
    791 Theme and Amusement Parks: 151
    793 Auto Shows: 36
    794 Nightclubs: 158
    797 Zoos and Aquariums: 178
    798 Fan Conventions: 185
  799 Fantasy Sports: 508
805 Automotive Ownership: 2 16 30
  829 Pre-Owned Vehicles: 18
852 Automotive Products:
  854 Automotive Parts and Accessories: 32
    859 Car Navigation Equipment: 39
861 Automotive Services:
  862 Auto Rental: 41
  863 Auto Towing and Repair: 34 28
865 Beauty Services:
  870 Spas: 671
871 Business and Industrial:
  872 Advertising and Marketing: 58
  874 Conferences/Events/Seminars: 180
  875 Construction: 121
  882 Human Resources: 55
  910 Small Business: 60
919 Clothing and Accessories: 560 576 577 578 579 595
  920 Clothing: 566 582
    921 Children's Clothing: 575
    922 Men's Clothing: 582
    923 Women's Clothing: 566
    927 Sportswear: 572 587
  928 Clothing Accessories: 561 580
  930 Footwear: 573 589
  932 Handbags and Wallets: 563
  933 Jewelry and Watches: 565 581
  934 Sunglasses: 562
935 Collectables and Antiques: 261
  936 Antiques: 240
  937 Coins and Paper Money: 263
  938 Collectibles: 261
  941 Stamps: 263
942 Consumer Electronics: 632
  947 Cameras and Photo: 633
  953 Computers:
    954 Laptops: 630
    955 Desktops: 617
  956 E-Readers: 636
  957 Electronics Accessories: 601
  958 Home Theater Systems: 634
  960 Mobile Phone Plans: 420
  961 Mobile Phones and Accessories: 635
  962 Networking: 600
  964 Security Devices: 281
  965 Tablets: 636
  971 Video Games and Consoles: 680
972 Consumer Packaged Goods: 477
  973 Edible: 210
    974 Beverages: 211 222
    1036 General Food: 216 217
  1179 Non-edible:
    1180 Beauty: 553 590
      1181 Cosmetics: 555
      1188 Fragrance: 558
      1196 Hair Care: 554
      1205 Personal Cleansing: 591
      1211 Shaving: 594
      1215 Skin Care: 559
    1219 General Merchandise:
      1279 Pet Care: 431
    1287 Household Appliances: 278
    1315 Home Care: 479
    1332 Home and Garden Products: 274
      1334 Home Decor: 283
      1338 Lawn and Garden Products: 275
    1346 Baby and Toddler Products: 196
    1357 Media:
      1360 Books and Audio Books: 42
    1362 Toys and Games: 482
      1363 Games: 269
    1367 Luggage and Bags: 654
1368 Education and Careers: 123 132
  1369 Adult Education: 133
  1370 Career Improvement and Advice: 125 126
  1371 Colleges and Universities: 137
  1372 Employment Agencies: 127
  1373 Language Learning: 147
  1374 Online Education: 148
1377 Family and Parenting:
  1378 Childcare: 194
1383 Finance and Insurance: 391
  1385 Banking: 392
  1388 Credit Cards: 406
  1389 Insurance: 398
    1390 Auto Insurance: 31 402
    1391 Home Insurance: 400
    1392 Life Insurance: 401
  1394 Mortgage Lenders and Brokers: 407
  1396 Retirement Planning: 416
  1397 Stocks and Investments: 410
  1398 Student Financial Aid: 395
  1399 Tax Preparation Services: 415
1400 Food and Beverage Services:
  1402 Bars: 179
  1406 Restaurants: 218
1407 Furniture: 283
  1416 Outdoor Furniture: 285
1420 Gifts and Holiday Items: 476
  1421 Flowers: 475
  1423 Gift Cards and Coupons: 474
  1427 Party Goods: 161
1428 Hardware Supplies: 280
1471 Hobbies and Interests: 239
  1472 Arts and Crafts: 248
  1473 Musical Instruments and Accessories: 243
  1475 Workshops and Classes: 247
1476 Home and Garden Services:
  1478 Business and Home Security Services: 281
  1482 Gas and Electric Services: 418
  1483 Home Improvement and Repair: 280
  1485 Landscaping Services: 284
  1490 Remodeling and Construction: 276
  1491 Water Services: 421
1496 Life Events: 163
  1497 Anniversary: 164
  1499 Bachelor and Bachelorette Parties: 167 168
  1500 Birthdays: 170
  1503 Graduations: 172
  1505 Wedding Services and Supplies: 165
1549 Pet Services:
  1553 Pet Stores: 431
  1554 Veterinary Services: 430
1585 Real Estate: 441
  1586 Commercial Real Estate: 443 448 450
  1587 Real Estate Rentals: 452
  1588 Real Estate Sales: 451
  1590 Residential Real Estate: 442 447
1591 Recreation and Fitness Activities: 225
1599 Software: 602
  1600 Computer Software: 602
    1601 3-D Graphics: 603
    1602 Photo Editing Software: 604
    1604 Video Software: 606
    1605 Web Conferencing: 607
    1606 Antivirus Software: 608
    1609 Databases: 611
    1613 Operating Systems: 615
    1614 Productivity Software: W3CW2J
1618 Sporting Goods: 551
  1619 Athletics Equipment:
    1620 Baseball and Softball Equipment: 545 535
    1621 Basketball Equipment: 547
    1622 Boxing and Martial Arts Equipment: 485 520
    1624 Football Equipment: 484
    1626 Gymnastics Equipment: 513
    1627 Soccer Equipment: 533
    1628 Tennis Equipment: 539
    1630 Volleyball Equipment: 541
  1633 Exercise and Fitness Equipment: 225
  1635 Outdoor Recreation Equipment:
    1636 Boating and Water Sports Equipment: 499 505 506 530
    1637 Camping and Hiking Equipment: 677
    1638 Climbing Equipment: 500
    1639 Bicycles and Cycling Equipment: 492
    1640 Equestrian Equipment: 496
    1641 Fishing Equipment: 511
    1642 Golf Equipment: 512
    1647 Skateboards and Accessories: 503
    1648 Winter Sports Equipment: 504 531
1649 Travel and Tourism: 653
  1650 Adventure Travel: 665
  1651 Air Travel: 672
  1652 Auto Rental: 41
  1653 Beach Travel: 673
  1654 Bed and Breakfasts: 674
  1655 Budget Travel: 675
  1656 Business Travel: 676
  1659 Camping: 677
  1661 Cruise Travel: 678
  1662 Day Trips: 679
  1663 Family Travel: 666
  1665 Honeymoons and Getaways: 667
  1666 Hotels and Resorts: 668
  1669 Rail Travel: 669
  1670 Road Trips: 670
  1672 Spas: 671
  1675 Travel Insurance: 404
1676 Web Services:
  1678 Internet Providers: 419
  1679 Web Hosting and Cloud Computing: 620 622
`;
