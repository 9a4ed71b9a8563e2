/** The product's sign, at the address where the build has put it. */
export { default as icon } from '../icon.svg';
