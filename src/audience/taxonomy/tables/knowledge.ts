/** Interests in knowledge, work, money, news and technology. */
export const KNOWLEDGE = `
207 Academic Interests: 464
  208 Arts and Humanities: EZWB7V
    211 History: EZWB7V 153
  214 Language Learning: 147
  215 Life Sciences: 465
    216 Animals and Veterinary Science: 430
    218 Biology: 465
    222 Genetics: 468
  223 Physical Science and Engineering: 466 467 469 470 471 472
    225 Mechanical Engineering: 105
    226 Chemistry: 466
    227 Environmental Science and Sustainability: 467
    229 Geography: 469
    230 Geology: 470
    231 Physics: 471
    232 Space and Astronomy: 472
  233 Social Sciences: 80 383
    238 Law: 383
    240 Economics: 80
    241 Education: 132
268 Business and Finance: 52
  269 Business: 53
    270 Business Accounting & Finance: 54
    271 Human Resources: 55
    272 Large Business: 56
    273 Logistics: 57
    274 Marketing and Advertising: 58
    275 Sales: 59
    276 Small and Medium-sized Business: 60
    277 Startups: 61
    278 Business Administration: 62
    279 Business Banking & Finance: 63
      280 Angel Investment: 64
      281 Bankruptcy: 65
      282 Business Loans: 66
      283 Debt Factoring & Invoice Discounting: 67
      284 Mergers and Acquisitions: 68
      285 Private Equity: 69
      286 Sale & Lease Back: 70
      287 Venture Capital: 71
    288 Business I.T.: 72
    289 Business Operations: 73
    290 Consumer Issues: 74
    291 Executive Leadership & Management: 76
    292 Government Business: 77
    293 Green Solutions: 78
    294 Business Utilities: 79
  295 Economy: 80
    296 Commodities: 81
    297 Currencies: 82
    298 Financial Crisis: 83
    299 Financial Reform: 84
    300 Financial Regulation: 85
    301 Gasoline Prices: 86
    302 Housing Market: 87
    303 Interest Rates: 88
    304 Job Market: 89
  305 Industries: 90
    306 Advertising Industry: 91
    307 Education industry: 92
    308 Entertainment Industry: 93
    309 Environmental Services Industry: 94
    310 Financial Industry: 95
    311 Food Industry: 96
    313 Hospitality Industry: 98
    314 Information Services Industry: 99
    315 Legal Services Industry: 100
    316 Logistics and Transportation Industry: 101
    317 Agriculture: 102
    318 Management Consulting Industry: 103
    319 Manufacturing Industry: 104
    320 Mechanical and Industrial Engineering Industry: 105
    321 Media Industry: 106
    322 Metals Industry: 107
    323 Non-Profit Organizations: 108
    325 Power and Energy Industry: 110
    326 Publishing Industry: 111
    327 Real Estate Industry: 112
    328 Apparel Industry: 113
    329 Retail Industry: 114
    330 Technology Industry: 115
    331 Telecommunications Industry: 116
    332 Automotive Industry: 117
    333 Aviation Industry: 118
    334 Biotech and Biomedical Industry: 119
    335 Civil Engineering Industry: 120
    336 Construction Industry: 121
    337 Defense Industry: 122
338 Careers: 123
  339 Apprenticeships: 124
  340 Career Advice: 125
  341 Career Planning: 126
  342 Remote Working: 130
  343 Vocational Training: 131
344 Education: 132
  345 Adult Education: 133
  346 Language Learning: 147
  347 Online Education: 148
522 News and Politics: 380 381 383 389 390
  523 Crime: 380
  524 Disasters: 381
  526 Law: 383
  533 Weather: 390
534 Personal Finance: 391
  535 Frugal Living: 397
  536 Insurance: 398
  537 Personal Debt: 405
  538 Personal Investing: 410
  539 Personal Taxes: 415
  540 Retirement Planning: 416
583 Real Estate: 441
  584 Apartments: 442
  585 Developmental Sites: 445
  586 Hotel Properties: 446
  587 Houses: 447
  588 Industrial Property: 448
  589 Land and Farms: 449
  590 Office Property: 450
  591 Real Estate Buying and Selling: 451
  592 Real Estate Renting and Leasing: 452
  593 Retail Property: 443
  594 Vacation Properties: 444
687 Technology & Computing: 596
  688 Artificial Intelligence: 597
  689 Augmented Reality: 598
  690 Computing: 599
    691 Internet: 619
    692 Cloud Computing: 620
    693 Web Development: 621
    694 Web Hosting: 622
    695 Email: 623
    696 Internet for Beginners: 624
    697 Internet of Things: 625
    698 IT and Internet Support: 626
    699 Search: 627
    700 Social Networking: 628
    701 Web Design and HTML: 629
    702 Programming Languages: 631
  703 Consumer Electronics: 632
  704 Robotics: 638
  705 Virtual Reality: 639
`;
